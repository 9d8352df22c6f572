/* SPDX-License-Identifier: MIT */
/* Floating-point and vector registers of threads, which each port keeps in its own way (arch/fpu.h). */
#ifndef KEEL_FPU_H
#define KEEL_FPU_H

#include <arch/fpu.h>
#include <keel/types.h>

struct arch_fpu;

/* Bytes of a thread's registers, to be aligned to ARCH_FPU_ALIGN; 0: the CPU has none. */
size_t arch_fpu_size(void);

/* What a thread starts with: all zero, default modes. */
void arch_fpu_init(struct arch_fpu *fpu);

/* The CPU goes from a thread with the registers `prev` to one with `next`; NULL for one that must not
 * use them. Interrupts off. */
void arch_fpu_switch(struct arch_fpu *prev, struct arch_fpu *next);

/* Sets by what the calling thread's user mode finds its thread-local storage; only where
 * ARCH_SETS_THREAD_POINTER. `fpu` is its own. -EINVAL: no address of user space. Interrupts off. */
int arch_fpu_set_thread_pointer(struct arch_fpu *fpu, uint64_t address);

#endif
