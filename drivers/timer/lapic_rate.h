/* SPDX-License-Identifier: MIT */
/* How fast a local APIC's timer counts, out of what was measured. */
#ifndef DRIVERS_TIMER_LAPIC_RATE_H
#define DRIVERS_TIMER_LAPIC_RATE_H

#include <keel/clock.h>

/* The rate in Hz of what counted `counts` (below 2^32) while a counter of `hz` went on by `ticks` (more
 * than that, or as many); 0 when that makes no sense. */
static inline uint64_t lapic_rate(uint64_t counts, uint64_t ticks, uint64_t hz)
{
    return ticks == 0 || counts > ticks || counts > UINT32_MAX
               ? 0
               : clock_scale(hz, (counts << 32) / ticks);
}

#endif
