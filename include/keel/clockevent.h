/* SPDX-License-Identifier: MIT */
/* What interrupts a CPU at a given time (T9): the hardware below timers. */
#ifndef KEEL_CLOCKEVENT_H
#define KEEL_CLOCKEVENT_H

#include <keel/types.h>

/*
 * A per-CPU one-shot device: each CPU has one of its own behind the same operations. All run with
 * interrupts off and act on the calling CPU. Kept for ever by its driver; `next` is core's.
 */
struct clockevent {
    const char *name; /* "arch timer", "SBI", "LAPIC deadline" */
    unsigned rating;  /* the highest registered is used */
    /* Sets up the calling CPU's device; called on each CPU as it comes up, on the boot CPU also when the
     * device registers. 0, or the device is not used there. */
    int (*start_cpu)(void);
    /* Interrupts this CPU as soon as clock_ns() has reached `deadline_ns` (at once for the past); a
     * second call replaces the first. It may come early (a deadline past the range of the hardware). */
    void (*set_deadline)(uint64_t deadline_ns);
    /* No interrupt comes any more, from here on or at most one. */
    void (*stop)(void);
    struct clockevent *next;
};

/* Makes a device known. Before the first CPU but the boot CPU starts, on the boot CPU; if timers run
 * there already, it takes over when its rating is higher. */
void clockevent_register(struct clockevent *device);

/* What the device's interrupt handler calls, on the CPU it came to, interrupts off: runs the timers that
 * are due. Before it returns the device is given its next deadline or stopped, so that a line that
 * stays raised until then needs no masking. */
void clockevent_fired(void);

/* Has the calling CPU's device interrupt it at once, as soon as interrupts are on; nothing where it has no
 * device. Interrupts off. */
void clockevent_soon(void);

/* The device that a CPU uses; NULL: none yet, or none works. */
const struct clockevent *clockevent_of(unsigned cpu);

#endif
