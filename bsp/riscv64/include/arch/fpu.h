/* SPDX-License-Identifier: MIT */
/* Floating-point registers of threads (F and D extensions): sstatus.FS keeps them off until a thread's
 * first use after a switch, which loads its own; they are saved when FS says that they were written. */
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

/* The running thread was trapped by an illegal instruction. True: the registers were off, and it may
 * try again; false: it was something else. */
bool arch_fpu_first_use(void);

#endif
