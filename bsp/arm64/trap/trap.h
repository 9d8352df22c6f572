/* SPDX-License-Identifier: MIT */
/* Fields of ESR_EL1 (Arm ARM DDI 0487, D19.2.37), and what vectors.S calls. */
#ifndef ARM64_TRAP_TRAP_H
#define ARM64_TRAP_TRAP_H

#include <keel/types.h>

struct trap_frame;

/* Where the stack for a trap with a bad stack starts, of each CPU: vectors.S. */
struct emergency_stack {
    virt_addr_t end;
    uint64_t unused; /* the address of an entry is a stack pointer for a moment */
};

_Static_assert(sizeof(struct emergency_stack) == 16, "trap/vectors.S");

extern struct emergency_stack emergency_stacks[];

#define ESR_EC(esr)          (((esr) >> 26) & 0x3f)
#define ESR_IL               (1u << 25)
#define ESR_ISS(esr)         (0x1ffffff & (esr))
#define ESR_FNV              (1u << 10) /* FAR not valid */
#define ESR_CM               (1u << 8)  /* cache maintenance, which counts as a write but reads */
#define ESR_WNR              (1u << 6)  /* a write */
#define ESR_FSC(esr)         (0x3f & (esr))

/* Fault status codes that tables decide on: translation 4 to 7, access flag 8 to 11, permission 12 to
 * 15. */
#define FSC_TABLES_FIRST     4
#define FSC_PERMISSION_FIRST 12
#define FSC_TABLES_LAST      15

enum exception_class {
    EC_UNKNOWN = 0x00,
    EC_FP_ACCESS = 0x07,
    EC_SVC64 = 0x15,
    EC_INSN_ABORT_LOWER = 0x20,
    EC_INSN_ABORT_SAME = 0x21,
    EC_PC_ALIGNMENT = 0x22,
    EC_DATA_ABORT_LOWER = 0x24,
    EC_DATA_ABORT_SAME = 0x25,
    EC_SP_ALIGNMENT = 0x26,
    EC_WATCHPOINT_LOWER = 0x34,
    EC_WATCHPOINT_SAME = 0x35,
};

/* Handles the exception described by `frame`: returns to resume at frame->pc, or panics. Interrupts
 * are off. */
void trap_handle(struct trap_frame *frame);

/* Makes the stack that a CPU uses when its own is no good, before the CPU starts. 0 or -ENOMEM. */
int trap_new_emergency_stack(unsigned cpu);

/* The same when the kernel's stack pointer was out of its stack; never returns. */
void trap_stack_fault(struct trap_frame *frame);

#endif
