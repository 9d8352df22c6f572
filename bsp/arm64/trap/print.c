/* SPDX-License-Identifier: MIT */
/* The registers of a trap, line by line. */
#include "trap.h"

#include <arch/sysreg.h>
#include <arch/trap.h>
#include <keel/printf.h>

#define LINE_MAX 100

static void print_general(const struct trap_frame *frame, void (*line)(const char *))
{
    char text[LINE_MAX];

    for (unsigned i = 0; i < 30; i += 3) {
        ksnprintf(text, sizeof(text), "x%-2u %016lx  x%-2u %016lx  x%-2u %016lx", i, frame->x[i],
                  i + 1, frame->x[i + 1], i + 2, frame->x[i + 2]);
        line(text);
    }
    ksnprintf(text, sizeof(text), "lr  %016lx  sp  %016lx  pc  %016lx", frame->x[30], frame->sp,
              frame->pc);
    line(text);
}

/* "EL1h nZCv DAIF pan": capital letters for what is set. */
static void print_pstate(uint64_t pstate, void (*line)(const char *))
{
    static const char *const modes[16] = {[0] = "EL0", [4] = "EL1t", [5] = "EL1h"};
    static const struct {
        uint8_t bit;
        char set, clear;
    } flags[] = {{31, 'N', 'n'}, {30, 'Z', 'z'}, {29, 'C', 'c'}, {28, 'V', 'v'}, {0, ' ', ' '},
                 {9, 'D', 'd'},  {8, 'A', 'a'},  {7, 'I', 'i'},  {6, 'F', 'f'}};
    const char *mode = modes[pstate & PSR_MODE_MASK];
    char letters[sizeof(flags) / sizeof(flags[0]) + 1] = "";
    char text[LINE_MAX];

    for (unsigned i = 0; i < sizeof(flags) / sizeof(flags[0]); i++) {
        letters[i] = (pstate >> flags[i].bit & 1) ? flags[i].set : flags[i].clear;
    }
    ksnprintf(text, sizeof(text), "pstate %08lx: %s %s%s", pstate,
              (pstate & 0x10) ? "AArch32"
              : mode != NULL  ? mode
                              : "unknown mode",
              letters, (pstate & PSR_PAN) ? " PAN" : "");
    line(text);
}

static void print_system(const struct trap_frame *frame, void (*line)(const char *))
{
    char text[LINE_MAX];

    ksnprintf(text, sizeof(text), "esr %08lx: EC %#lx %s, IL %u, ISS %#lx", frame->esr,
              ESR_EC(frame->esr), arm64_exception_class(frame->esr), (frame->esr & ESR_IL) != 0,
              ESR_ISS(frame->esr));
    line(text);
    ksnprintf(text, sizeof(text), "far %016lx  vector %lu, %s", frame->far, frame->vector,
              arm64_vector_name(frame->vector));
    line(text);
    if (arch_trap_from_user(frame)) {
        return;
    }
    ksnprintf(text, sizeof(text), "sctlr %016lx  tcr %016lx  mair %016lx", read_sysreg(SCTLR_EL1),
              read_sysreg(TCR_EL1), read_sysreg(MAIR_EL1));
    line(text);
    ksnprintf(text, sizeof(text), "ttbr0 %016lx  ttbr1 %016lx  vbar %016lx", read_sysreg(TTBR0_EL1),
              read_sysreg(TTBR1_EL1), read_sysreg(VBAR_EL1));
    line(text);
}

void arch_trap_print(const struct trap_frame *frame, void (*line)(const char *text))
{
    print_general(frame, line);
    print_pstate(frame->pstate, line);
    print_system(frame, line);
}
