/* SPDX-License-Identifier: MIT */
/* The end of the road (K3): assertions and panic with registers, cause in words and backtrace. */
#ifndef KEEL_PANIC_H
#define KEEL_PANIC_H

#include <keel/types.h>

struct trap_frame;

/* Why a trap came, decoded by the port. */
struct trap_info {
    const char *cause; /* in words: "data abort: translation fault, level 3" */
    uint64_t code;     /* ESR_EL1, scause, or vector << 32 | error code */
    virt_addr_t pc;
    virt_addr_t address; /* faulting address where has_address */
    bool has_address;
    char access; /* 'r', 'w', 'x', or 0 when it does not apply */
};

/* Stops the machine with a message: log, backtrace of the caller, the kept record, then halt or the
 * action of the `panic=` parameter (halt, reboot, poweroff; the last with PANIC_STATUS). Never
 * returns, works with any locks held. */
#define PANIC_STATUS 1
__noreturn void panic(const char *fmt, ...) __printf(1, 2);

/* The same for a trap nobody handles; prints `info` and all registers of `frame`. */
__noreturn void panic_trap(const struct trap_info *info, const struct trap_frame *frame);

/* What a panic asks of the other CPUs, which are known to higher floors; set once, kept. */
struct panic_cpu_ops {
    void (*stop_others)(void);
    void (*show_others)(void);          /* whether they stopped and, where that is wanted, where */
    __noreturn void (*stop_here)(void); /* another CPU panicked first */
};
void panic_set_cpu_ops(const struct panic_cpu_ops *ops);

/* A line of the panic's report: to the log and to the record that is kept. Within a panic. */
void panic_printf(const char *fmt, ...) __printf(1, 2);

/* Warns when `panic=` has named an action that there is not: a panic then ends in a halt. */
void panic_check_action(void);

/* Panics when the condition is false; in every build. */
#define KASSERT(cond)                                                          \
    do {                                                                       \
        if (unlikely(!(cond))) {                                               \
            panic("assertion failed: %s at %s:%d", #cond, __FILE__, __LINE__); \
        }                                                                      \
    } while (0)

/* The same with a message of one's own: KASSERT_MSG(n < max, "%u tables", n). */
#define KASSERT_MSG(cond, ...)   \
    do {                         \
        if (unlikely(!(cond))) { \
            panic(__VA_ARGS__);  \
        }                        \
    } while (0)

/* Checked in debug builds only. */
#define DEBUG_ASSERT(cond)              \
    do {                                \
        if (IS_ENABLED(CONFIG_DEBUG)) { \
            KASSERT(cond);              \
        }                               \
    } while (0)

/* The name of the function holding `addr` and the offset into it, or NULL. Symbol table lookup. */
const char *symbol_lookup(virt_addr_t addr, uint64_t *offset);

/* Writes what a return address means, "function+0x1c", or the address as a number. */
void symbol_text(char *buf, size_t size, virt_addr_t return_address);

/* Logs a backtrace from frame pointer `fp`, the innermost entry being `pc`. */
void backtrace_print(virt_addr_t pc, virt_addr_t fp);

/* The same of a stack in [low, high) whose registers cannot be had: from the lowest frame that leads out to the
 * stack's start. Calls that have returned may have left that one and some behind it. False: there is none. */
bool backtrace_print_stack(virt_addr_t low, virt_addr_t high);

#endif
