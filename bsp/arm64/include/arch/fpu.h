/* SPDX-License-Identifier: MIT */
/* Floating-point and SIMD registers of threads (Arm ARM DDI 0487, A1.4): CPACR_EL1 keeps them closed
 * until a thread's first use after a switch, which loads its own; only then are they saved. */
#ifndef ARCH_FPU_H
#define ARCH_FPU_H

#include <arch/sysreg.h>
#include <keel/types.h>

/* What a thread's registers are aligned to in memory. */
#define ARCH_FPU_ALIGN 16u

/* The running thread was trapped at its first use. True: it may go on; false: it must not use them. */
bool arch_fpu_first_use(void);

/* User mode sets its own. */
#define ARCH_SETS_THREAD_POINTER 0

#define CPACR_FPEN               (3u << 20) /* of CPACR_EL1: no traps; 0: all accesses trap */

/* A thread's, and what else only user mode uses; as fpu_regs.S stores it. */
struct arch_fpu {
    uint64_t v[64]; /* V0 to V31 */
    uint64_t fpcr;
    uint64_t fpsr;
    uint64_t tpidr; /* TPIDR_EL0; not by fpu_regs.S */
} __aligned(16);

/* As arch_fpu_switch(), in line; false: that is to be called instead. */
static __always_inline bool arch_fpu_switch_quick(struct arch_fpu *prev, struct arch_fpu *next)
{
    if (unlikely(!prev || !next || (read_sysreg(CPACR_EL1) & CPACR_FPEN) != 0)) {
        return false;
    }
    prev->tpidr = read_sysreg(TPIDR_EL0);
    write_sysreg(TPIDR_EL0, next->tpidr);
    return true;
}

#endif
