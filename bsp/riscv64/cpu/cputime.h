/* SPDX-License-Identifier: MIT */
/* Choosing the counter of CPU time. */
#ifndef CPU_CPUTIME_H
#define CPU_CPUTIME_H

#include <keel/types.h>

/* Whether reading `time` takes so many cycles more than reading `cycle` that firmware must be doing it
 * (SBI has to emulate the CSR where the hart lacks it). */
bool cputime_time_traps(uint64_t time_cost, uint64_t cycle_cost);

/* The rate of something that counted `cycles` in `ticks` of a clock of `hz`; 0: nothing to tell from. */
uint64_t cputime_rate(uint64_t cycles, uint64_t ticks, uint64_t hz);

#endif
