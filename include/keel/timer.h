/* SPDX-License-Identifier: MIT */
/* One-shot timers (T9): a deadline in nanoseconds of clock_ns(), with slack, per CPU in a heap. */
#ifndef KEEL_TIMER_H
#define KEEL_TIMER_H

#include <keel/types.h>

struct timer;
typedef void timer_fn_t(struct timer *timer);

#define TIMER_NEVER UINT64_MAX

/* Owned by the caller, and part of what it times; initialised by timer_init(). The members are the
 * timers' own. */
struct timer {
    uint64_t deadline; /* ns; the callback runs in [deadline, latest] where the CPU can */
    uint64_t latest;   /* ns */
    timer_fn_t *fn;
    struct timer *child, *next, **link; /* its place in the heap; link is NULL when it is not set */
    uint32_t cpu;                       /* whose heap, also of the last setting */
};

/* fn runs in the interrupt, interrupts off; it may set or cancel timers, its own too, and free its
 * own. It never runs on two CPUs at once. */
void timer_init(struct timer *timer, timer_fn_t *fn);

/* Sets (or sets anew) a timer, on this CPU's heap, or, while its callback runs elsewhere, on that
 * CPU's. An interrupt that comes for one timer also runs others whose deadline has passed, so those
 * whose windows overlap cost one interrupt. TIMER_NEVER: it does not fire until it is set anew. Any
 * context. */
void timer_set(struct timer *timer, uint64_t deadline_ns, uint64_t slack_ns);

/* True: it was set and its callback will not run. False: it was not set, or the callback runs or has
 * run. Does not wait. Any context. */
bool timer_cancel(struct timer *timer);

/* The same, and returns when no other CPU runs the callback any more: the timer may be freed. Not with
 * a lock held that the callback takes. From the callback itself it does not wait. */
bool timer_cancel_sync(struct timer *timer);

/* Whether it is set; out of date at once unless the caller's locks keep others from setting it. */
static inline bool timer_is_set(const struct timer *timer)
{
    return READ_ONCE(timer->link) != NULL;
}

/* Moves the timers of a CPU that went away to the calling one. */
void timer_migrate(unsigned from_cpu);

/* Gives the calling CPU an event device, and starts its timers and its tick. On each CPU as it comes
 * up, interrupts off. -ENODEV: there is no device that works on it; timers of that CPU do not fire
 * until one registers. */
int timers_start_cpu(void);

/* Stops the tick and the event device of the calling CPU, which goes off, interrupts off. Its other timers
 * wait for timer_migrate(), or for timers_start_cpu(). */
void timers_stop_cpu(void);

/* What the timers of a CPU have done so far. */
struct timer_stats {
    unsigned set;           /* now */
    uint64_t next_ns;       /* the latest time of the first, TIMER_NEVER: none */
    uint64_t interrupts;    /* of the event device */
    uint64_t expired;       /* callbacks run */
    uint64_t programmed;    /* deadlines given to the event device */
    uint64_t worst_late_ns; /* longest from a timer's `latest` to its callback */
};
void timer_get_stats(unsigned cpu, struct timer_stats *stats);

#endif
