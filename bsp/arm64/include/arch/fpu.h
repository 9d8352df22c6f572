/* SPDX-License-Identifier: MIT */
/* Floating-point and SIMD registers of threads (Arm ARM DDI 0487, A1.4): CPACR_EL1 keeps them closed
 * until a thread's first use after a switch, which loads its own; only then are they saved. */
#ifndef ARCH_FPU_H
#define ARCH_FPU_H

#include <keel/types.h>

/* What a thread's registers are aligned to in memory. */
#define ARCH_FPU_ALIGN 16u

/* The running thread was trapped at its first use. True: it may go on; false: it must not use them. */
bool arch_fpu_first_use(void);

/* User mode sets its own. */
#define ARCH_SETS_THREAD_POINTER 0

#endif
