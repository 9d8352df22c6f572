/* SPDX-License-Identifier: MIT */
/* Promises of CPU time (T7): the rules of a constant bandwidth server (Abeni and Buttazzo, 1998), and what
 * a CPU may promise. CPU time is in its own units, all other time in ns of clock_ns(). Nothing here asks
 * for either; who calls holds the lock of the CPU, but for the shares. */
#ifndef SCHED_CBS_H
#define SCHED_CBS_H

#include "runqueue.h"

struct cbs {
    uint64_t capacity; /* of each period, CPU time */
    uint64_t relative; /* deadline, from the period's start */
    uint64_t period;
    uint64_t deadline;   /* of the present period */
    uint64_t renewal;    /* when the next one starts */
    uint64_t budget_end; /* the CPU time of the thread at which its budget is used up */
};

/* Shares of a CPU, in parts of CBS_WHOLE. */
#define CBS_WHOLE 1000000u
#define CBS_LIMIT (CBS_WHOLE / 100 * 95)
#define CBS_LEAST (CBS_WHOLE / 100)

bool cbs_is_valid(const struct thread_deadline *wanted);

/* What a promise takes of a CPU: capacity in deadline, rounded up, at least CBS_LEAST. */
uint32_t cbs_share(const struct thread_deadline *wanted);

/* Puts `wanted` in the place of `had` in the sum of a CPU's shares; false: it does not fit. Less always
 * fits. Any context; one that is refused at the same time may count for a moment. */
bool cbs_admit(uint32_t *sum, uint32_t had, uint32_t wanted);

/* CPU time left of the budget; not above 0: none. */
static inline int64_t cbs_left(const struct cbs *cbs, uint64_t cpu_time)
{
    return (int64_t)(cbs->budget_end - cpu_time);
}

/* The first period of a promise, `tick_units` being 10 ms of CPU time. */
void cbs_start(struct cbs *cbs, const struct thread_deadline *wanted, uint64_t tick_units,
               uint64_t cpu_time, uint64_t now);

/* Other parameters, from the next period on; what is left of the budget fits them at once. */
void cbs_change(struct cbs *cbs, const struct thread_deadline *wanted, uint64_t tick_units,
                uint64_t cpu_time, uint64_t now);

/* The thread goes on after a wait. Where what is left of the budget is more than its share of the time
 * until the deadline, a new period begins, or, with a deadline before the period's end, that much is
 * lost. */
void cbs_wake(struct cbs *cbs, uint64_t cpu_time, uint64_t now);

/* The next period, when it has come. */
void cbs_renew(struct cbs *cbs, uint64_t cpu_time, uint64_t now);

#endif
