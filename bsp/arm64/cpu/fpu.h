/* SPDX-License-Identifier: MIT */
/* Saving and loading a thread's floating-point and SIMD registers. */
#ifndef CPU_FPU_H
#define CPU_FPU_H

#include <arch/fpu.h>

void fpu_save(struct arch_fpu *fpu);
void fpu_load(const struct arch_fpu *fpu);

#endif
