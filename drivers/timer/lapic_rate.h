/* SPDX-License-Identifier: MIT */
/* How fast a local APIC's timer counts, out of what was measured. */
#ifndef DRIVERS_TIMER_LAPIC_RATE_H
#define DRIVERS_TIMER_LAPIC_RATE_H

#include <arch/counter_span.h>
#include <keel/clock.h>

#define LAPIC_RATE_PART 100u /* of a measurement may be in doubt */

/* The rate in Hz of what counted `counts` (below 2^32) while a counter of `hz` went on by `span` (as much as
 * that or more); 0 when that makes no sense, or is too uncertain. */
static inline uint64_t lapic_rate(uint64_t counts, const struct counter_span *span, uint64_t hz)
{
    uint64_t least = counter_span_least(span);
    uint64_t ticks = least + (counter_span_most(span) - least) / 2;

    if (!counter_span_is_sure(span, LAPIC_RATE_PART) || counts > ticks || counts > UINT32_MAX) {
        return 0;
    }
    return clock_scale(hz, (counts << 32) / ticks);
}

#endif
