/* SPDX-License-Identifier: MIT */
/* The periodic tick of each CPU (T9): CONFIG_HZ times a second while the CPU has something to do. */
#ifndef KEEL_TICK_H
#define KEEL_TICK_H

#include <keel/clock.h>
#include <keel/types.h>

#define TICK_NS (NS_PER_SEC / CONFIG_HZ)

/* The scheduler's part, set once: called on each CPU at each of its ticks, in the interrupt, interrupts
 * off, with the time. */
void tick_set_hook(void (*hook)(uint64_t now_ns));

/*
 * For the idle loop, interrupts off: from tick_idle_enter() on the tick is not set again, so it comes at
 * most once more; tick_idle_exit() lets it go on, in step with the ticks before. Both cost a few
 * instructions when the idle time was shorter than a tick.
 */
void tick_idle_enter(void);
void tick_idle_exit(void);

/* What a CPU's tick has done. */
struct tick_stats {
    uint64_t ticks;   /* that came */
    uint64_t skipped; /* that would have come, had the CPU not been idle or its interrupts off */
    bool idle;        /* between tick_idle_enter() and tick_idle_exit() */
    bool stopped;     /* it has been idle for long enough */
};
void tick_get_stats(unsigned cpu, struct tick_stats *stats);

#endif
