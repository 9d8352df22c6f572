/* SPDX-License-Identifier: MIT */
/* Floating-point and SIMD registers of threads (Arm ARM DDI 0487, A1.4): CPACR_EL1 keeps them closed
 * until a thread's first use after a switch, which loads its own; only then are they saved. */
#ifndef ARCH_FPU_H
#define ARCH_FPU_H

#include <keel/types.h>

struct arch_fpu;

/* Bytes of a thread's registers, 0: the CPU has none; and what they are aligned to. */
size_t arch_fpu_size(void);
#define ARCH_FPU_ALIGN 16u

/* What a thread starts with: all zero, default modes. */
void arch_fpu_init(struct arch_fpu *fpu);

/* The CPU goes from a thread with the registers `prev` to one with `next`; NULL for one that must not
 * use them. Interrupts off. */
void arch_fpu_switch(struct arch_fpu *prev, struct arch_fpu *next);

/* The running thread was trapped at its first use. True: it may go on; false: it must not use them. */
bool arch_fpu_first_use(void);

#endif
