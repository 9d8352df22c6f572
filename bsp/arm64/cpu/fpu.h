/* SPDX-License-Identifier: MIT */
/* A thread's floating-point and SIMD registers, and what else only user mode uses. */
#ifndef CPU_FPU_H
#define CPU_FPU_H

#include <keel/types.h>

/* As fpu_regs.S stores it. */
struct arch_fpu {
    uint64_t v[64]; /* V0 to V31 */
    uint64_t fpcr;
    uint64_t fpsr;
    uint64_t tpidr; /* TPIDR_EL0; not by fpu_regs.S */
} __aligned(16);

void fpu_save(struct arch_fpu *fpu);
void fpu_load(const struct arch_fpu *fpu);

#endif
