/* SPDX-License-Identifier: MIT */
/* Traps: what the entry code saves, and how the rest of the kernel looks at it. */
#ifndef ARCH_TRAP_H
#define ARCH_TRAP_H

#include <arch/csr.h>
#include <keel/types.h>

#define TRAP_REGS 31 /* x1 to x31 */

/* As trap/entry.S stores it. */
struct trap_frame {
    uint64_t regs[TRAP_REGS]; /* regs[n - 1] is xn */
    uint64_t pc;              /* sepc */
    uint64_t status;          /* sstatus */
    uint64_t cause;           /* scause */
    uint64_t value;           /* stval */
    uint64_t unused;          /* keeps the stack 16-byte aligned */
    uint64_t record[2]; /* fp and pc as a frame of the interrupted code: backtraces go through */
};
_Static_assert(sizeof(struct trap_frame) == 304, "trap_frame is known to assembly");
_Static_assert(offsetof(struct trap_frame, pc) == 248, "trap_frame is known to assembly");

/* Register numbers of the psABI. */
enum trap_reg {
    TRAP_RA = 1,
    TRAP_SP = 2,
    TRAP_TP = 4,
    TRAP_FP = 8,
};

/* Routes all traps of this hart to the kernel. Before it there is only a handler that reports
 * through the SBI and stops. */
void arch_trap_init(void);

/* Where they go: the entry code's address. */
virt_addr_t arch_trap_vectors(void);

/* Prints all registers, the system registers with their bits in words, a line at a time. */
void arch_trap_print(const struct trap_frame *frame, void (*line)(const char *text));

static inline virt_addr_t arch_trap_pc(const struct trap_frame *frame)
{
    return frame->pc;
}

static inline virt_addr_t arch_trap_fp(const struct trap_frame *frame)
{
    return frame->regs[TRAP_FP - 1];
}

static inline bool arch_trap_from_user(const struct trap_frame *frame)
{
    return (frame->status & SSTATUS_SPP) == 0;
}

/* Where a walk of the user's stack starts. */
static inline virt_addr_t arch_trap_user_fp(const struct trap_frame *frame)
{
    return frame->regs[TRAP_FP - 1];
}

/* Where the interrupted code goes on. */
static inline void arch_trap_set_pc(struct trap_frame *frame, virt_addr_t pc)
{
    frame->pc = pc;
}

/* Exception code of scause in words; NULL for a reserved one. */
const char *trap_exception_name(uint64_t code);

/* Interrupt code of scause in words; NULL for a reserved one. */
const char *trap_interrupt_name(uint64_t code);

#endif
