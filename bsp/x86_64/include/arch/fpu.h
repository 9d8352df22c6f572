/* SPDX-License-Identifier: MIT */
/* x87, SSE and AVX registers of threads (Intel SDM volume 1, 10.5 and 13): saved and loaded at each
 * switch between threads that have some, never left for others to find. For all others they are off
 * (CR0.EM). */
#ifndef ARCH_FPU_H
#define ARCH_FPU_H

#include <keel/types.h>

struct arch_fpu;

/* Bytes of a thread's registers, 0: the CPU has none; and what they are aligned to. */
size_t arch_fpu_size(void);
#define ARCH_FPU_ALIGN 64u

/* What a thread starts with: all zero, default modes. */
void arch_fpu_init(struct arch_fpu *fpu);

/* The CPU goes from a thread with the registers `prev` to one with `next`; NULL for one that must not
 * use them. Interrupts off. */
void arch_fpu_switch(struct arch_fpu *prev, struct arch_fpu *next);

/* Sets a CPU up for it; on each as it comes up. */
void fpu_start_cpu(void);

#endif
