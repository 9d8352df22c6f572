/* SPDX-License-Identifier: MIT */
/* Shows a trap frame in words. */
#include <arch/csr.h>
#include <arch/trap.h>
#include <keel/printf.h>
#include <keel/string.h>

#define REGS_PER_LINE 3
#define LINE_MAX      128

/* Four letters each, in the order of the register numbers (psABI). */
static const char reg_names[] = "  ra  sp  gp  tp  t0  t1  t2  fp  s1  a0  a1  a2  a3  a4  a5  a6"
                                "  a7  s2  s3  s4  s5  s6  s7  s8  s9 s10 s11  t3  t4  t5  t6";
#define REG_NAME_LEN 4
_Static_assert(sizeof(reg_names) == TRAP_REGS * REG_NAME_LEN + 1, "a name for every register");

static void print_registers(const struct trap_frame *frame, void (*line)(const char *text))
{
    char text[LINE_MAX];
    size_t at = 0;

    for (unsigned i = 0; i < TRAP_REGS; i++) {
        at += kscnprintf(text + at, sizeof(text) - at, "%.4s %016llx",
                         &reg_names[(size_t)i * REG_NAME_LEN], (unsigned long long)frame->regs[i]);
        if (i % REGS_PER_LINE == REGS_PER_LINE - 1 || i == TRAP_REGS - 1) {
            line(text);
            at = 0;
        }
    }
}

static const char *extension_state(uint64_t field)
{
    static const char *const states[] = {"off", "initial", "clean", "dirty"};

    return states[field];
}

/* sstatus by its fields; FS and VS say what the floating-point and vector registers hold. */
static void print_status(uint64_t status, void (*line)(const char *text))
{
    char text[LINE_MAX];

    ksnprintf(text, sizeof(text), "sstatus %016llx: from %s, interrupts %s%s%s, FS %s, VS %s",
              (unsigned long long)status, (status >> SSTATUS_SPP_BIT & 1) != 0 ? "kernel" : "user",
              (status >> SSTATUS_SPIE_BIT & 1) != 0 ? "on" : "off",
              (status & SSTATUS_SUM) != 0 ? ", SUM" : "",
              (status & SSTATUS_MXR) != 0 ? ", MXR" : "", extension_state(status >> 13 & 3),
              extension_state(status >> 9 & 3));
    line(text);
}

static const char *satp_mode_name(uint64_t satp)
{
    switch (satp >> SATP_MODE_SHIFT) {
    case SATP_MODE_SV39:
        return "Sv39";
    case SATP_MODE_SV48:
        return "Sv48";
    default:
        return "off";
    }
}

void arch_trap_print(const struct trap_frame *frame, void (*line)(const char *text))
{
    uint64_t code = frame->cause & ~SCAUSE_INTERRUPT;
    bool interrupt = (frame->cause & SCAUSE_INTERRUPT) != 0;
    const char *name = interrupt ? trap_interrupt_name(code) : trap_exception_name(code);
    uint64_t satp = csr_read(satp);
    char text[LINE_MAX];

    print_registers(frame, line);
    ksnprintf(text, sizeof(text), "sepc %016llx, stval %016llx", (unsigned long long)frame->pc,
              (unsigned long long)frame->value);
    line(text);
    ksnprintf(text, sizeof(text), "scause %016llx: %s %llu, %s", (unsigned long long)frame->cause,
              interrupt ? "interrupt" : "exception", (unsigned long long)code,
              name != NULL ? name : "reserved");
    line(text);
    print_status(frame->status, line);
    if (arch_trap_from_user(frame)) {
        return;
    }
    ksnprintf(text, sizeof(text), "satp %016llx: %s", (unsigned long long)satp,
              satp_mode_name(satp));
    line(text);
}
