/* SPDX-License-Identifier: MIT */
/* Floating-point registers of threads (F and D extensions): sstatus.FS keeps them off until a thread's
 * first use after a switch, which loads its own; they are saved when FS says that they were written. */
#ifndef ARCH_FPU_H
#define ARCH_FPU_H

#include <arch/csr.h>
#include <keel/types.h>

struct arch_fpu;

/* What a thread's registers are aligned to in memory. */
#define ARCH_FPU_ALIGN 16u

/* The running thread was trapped by an illegal instruction. True: the registers were off, and it may
 * try again; false: it was something else. */
bool arch_fpu_first_use(void);

/* User mode sets its own. */
#define ARCH_SETS_THREAD_POINTER 0

/* As arch_fpu_switch(), in line; false: that is to be called instead. */
static __always_inline bool arch_fpu_switch_quick(struct arch_fpu *prev, struct arch_fpu *next)
{
    (void)prev;
    (void)next;
    return likely((csr_read(sstatus) & SSTATUS_FS) == 0);
}

#endif
