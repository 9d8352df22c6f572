/* SPDX-License-Identifier: MIT */
/* x87, SSE and AVX registers of threads (Intel SDM volume 1, 10.5 and 13), and their FS base: saved and loaded at each
 * switch between threads that have some, never left for others to find. For all others they are off
 * (CR0.TS). */
#ifndef ARCH_FPU_H
#define ARCH_FPU_H

#include <keel/types.h>

/* What a thread's registers are aligned to in memory. */
#define ARCH_FPU_ALIGN 64u

/* Sets a CPU up for it; on each as it comes up. */
void fpu_start_cpu(void);

/* User mode cannot set its FS base, which thread-local storage is reached by. */
#define ARCH_SETS_THREAD_POINTER 1

#endif
