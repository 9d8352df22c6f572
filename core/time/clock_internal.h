/* SPDX-License-Identifier: MIT */
/* Between the clock and the choice of its source. */
#ifndef CORE_TIME_CLOCK_INTERNAL_H
#define CORE_TIME_CLOCK_INTERNAL_H

#include <keel/clocksource.h>

/* From now on time is told from `source`; it goes on where it is. Any context. */
void clock_use(const struct clocksource *source);

/* Reads the source in use before it wraps, and counts on from there. Any context. */
void clock_carry_on(void);

/* The rate of arch_counter(), for clock_counter_at(). */
void clock_set_counter_hz(uint64_t hz);

#endif
