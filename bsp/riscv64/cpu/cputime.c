/* SPDX-License-Identifier: MIT */
/* The counter of CPU time: `time`, unless reading it traps into firmware and `cycle` can be read. */
#include "cputime.h"

#include "nofault.h"

#include <arch/cpu.h>

#define TRIES        8u
#define MEASURE_PART 1000u    /* of a second */
#define SPINS_MAX    1000000u /* of a counter that stands still */

bool cputime_by_cycle;

/* The least of some tries: interrupts and first executions make others longer. */
static uint64_t cost_in_cycles(bool of_time)
{
    uint64_t least = UINT64_MAX;

    for (unsigned i = 0; i < TRIES; i++) {
        uint64_t start = csr_read(cycle);

        if (of_time) {
            (void)csr_read(time);
        }
        least = MIN(least, csr_read(cycle) - start);
    }
    return least;
}

static uint64_t measure_cycles(uint64_t hz)
{
    uint64_t time = csr_read(time), cycle = csr_read(cycle), passed = 0;

    for (unsigned i = 0; i < SPINS_MAX && passed < hz / MEASURE_PART; i++) {
        passed = csr_read(time) - time;
    }
    return cputime_rate(csr_read(cycle) - cycle, passed, hz);
}

uint64_t arch_cputime_start(uint64_t counter_hz)
{
    uint64_t cycles, rate;

    if (nofault_read_cycle(&cycles) != 0 ||
        !cputime_time_traps(cost_in_cycles(true), cost_in_cycles(false))) {
        return counter_hz;
    }
    rate = measure_cycles(counter_hz);
    cputime_by_cycle = rate != 0;
    return rate != 0 ? rate : counter_hz;
}
