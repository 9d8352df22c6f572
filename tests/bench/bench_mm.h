/* SPDX-License-Identifier: MIT */
/* What rows leave behind for those after them. */
#ifndef TESTS_BENCH_BENCH_MM_H
#define TESTS_BENCH_BENCH_MM_H

/* Gives back the RAM that rows at 10% and 90% use hold. */
void bench_mm_release(void);

/* Gives back the address space and the objects that rows of faults and mappings hold. */
void bench_vm_release(void);

#endif
