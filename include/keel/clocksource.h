/* SPDX-License-Identifier: MIT */
/* Counters that time is told from (T9). Drivers register them; the highest rating is in use, and time
 * goes on without a jump when another takes over. */
#ifndef KEEL_CLOCKSOURCE_H
#define KEEL_CLOCKSOURCE_H

#include <keel/types.h>

/* Ratings by what a source is good for; add to them to order sources of a kind. */
#define CLOCKSOURCE_LAST_RESORT 50  /* slow to read or short: PIT, ACPI PM timer */
#define CLOCKSOURCE_DEVICE      150 /* a device's counter, a bus access away: HPET */
#define CLOCKSOURCE_CPU         200 /* a CPU's counter of a rate that may not be constant */
#define CLOCKSOURCE_CPU_FIXED \
    300 /* a CPU's counter of constant rate: what clock_start() registers */

/* CPUs may read values that differ a little: clock_ns() then holds on to the latest time given to any
 * CPU, which costs a compare-and-swap on memory that all share. */
#define CLOCKSOURCE_UNSYNCHRONISED (1u << 0)

#define CLOCKSOURCE_MASK(bits)     ((bits) < 64 ? (UINT64_C(1) << ((bits)&63)) - 1 : UINT64_MAX)

/* Owned by its driver, kept for ever; `rating` and `next` are core's once it is registered. */
struct clocksource {
    const char *name; /* as `clocksource=` on the command line calls it: "tsc", "hpet" */
    unsigned rating;
    uint64_t hz;            /* from hardware or tree */
    uint64_t (*read)(void); /* counts up; any context, any CPU. NULL: arch_counter() */
    uint64_t mask;          /* CLOCKSOURCE_MASK(width): from here it begins at 0 again */
    unsigned flags;
    struct clocksource *next;
};

/* Makes a source known, and uses it if it is the best, or the one that `clocksource=` names. One that
 * wraps within a year is read often enough not to lose time, by a timer. Any CPU, interrupts on or
 * off, not in an interrupt. -EINVAL: no rate or one beyond CLOCK_HZ_MAX, no mask, or it wraps in less
 * than 20 ms. */
int clocksource_register(struct clocksource *source);

/* Gives a source another rating: a driver that finds its counter unsteady says so. Another may take
 * over. */
void clocksource_set_rating(struct clocksource *source, unsigned rating);

/* The source in use, NULL before there is one; and all of them in the order of rating, by `next`. */
const struct clocksource *clocksource_current(void);
const struct clocksource *clocksource_first(void);

#endif
