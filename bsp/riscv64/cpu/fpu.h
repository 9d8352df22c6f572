/* SPDX-License-Identifier: MIT */
/* A hart's floating-point registers. */
#ifndef CPU_FPU_H
#define CPU_FPU_H

#include <keel/types.h>

/* As fpu_regs.S stores it. */
struct arch_fpu {
    uint64_t f[32];
    uint64_t fcsr;
    uint64_t unused;
} __aligned(16);

/* sstatus.FS is not off. */
void fpu_save(struct arch_fpu *fpu);
void fpu_load(const struct arch_fpu *fpu);

#endif
