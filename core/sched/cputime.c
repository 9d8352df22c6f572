/* SPDX-License-Identifier: MIT */
/* CPU time: kept in units of the port's cheapest counter, told in nanoseconds. */
#include "thread_internal.h"

#include <keel/clock.h>

static uint64_t ratio; /* nanoseconds in a unit, 32 bits behind the point */

void cputime_init(void)
{
    uint64_t hz = arch_cputime_start(clock_hz());

    ratio = hz != 0 ? clock_ns_per_tick(hz) : UINT64_C(1) << 32;
    sched_set_tick_units(hz != 0 ? MAX(hz / (NS_PER_SEC / SCHED_TICK_NS), 2u) : SCHED_TICK_NS);
}

uint64_t cputime_to_ns(uint64_t units)
{
    return clock_scale(units, ratio);
}
