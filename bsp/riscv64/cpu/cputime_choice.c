/* SPDX-License-Identifier: MIT */
/* Which counter CPU time is measured by, from what reading each of them costs. */
#include "cputime.h"

#define TRAP_CYCLES 100u /* into machine mode, the instruction decoded and done, and back: more */
#define TRAP_FACTOR 4u

bool cputime_time_traps(uint64_t time_cost, uint64_t cycle_cost)
{
    return time_cost > TRAP_FACTOR * cycle_cost + TRAP_CYCLES;
}

uint64_t cputime_rate(uint64_t cycles, uint64_t ticks, uint64_t hz)
{
    __extension__ unsigned __int128 product = (unsigned __int128)cycles * hz;

    if (ticks == 0 || product >> 64 != 0) {
        return 0;
    }
    return (uint64_t)product / ticks;
}
