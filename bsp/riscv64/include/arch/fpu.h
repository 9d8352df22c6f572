/* SPDX-License-Identifier: MIT */
/* Floating-point registers of threads (F and D extensions): sstatus.FS keeps them off until a thread's
 * first use after a switch, which loads its own; they are saved when FS says that they were written. */
#ifndef ARCH_FPU_H
#define ARCH_FPU_H

#include <keel/types.h>

/* What a thread's registers are aligned to in memory. */
#define ARCH_FPU_ALIGN 16u

/* The running thread was trapped by an illegal instruction. True: the registers were off, and it may
 * try again; false: it was something else. */
bool arch_fpu_first_use(void);

/* User mode sets its own. */
#define ARCH_SETS_THREAD_POINTER 0

#endif
