/* SPDX-License-Identifier: MIT */
/* Promises of CPU time: budgets, periods, deadlines and shares. */
#include "cbs.h"

bool cbs_is_valid(const struct thread_deadline *wanted)
{
    return wanted->capacity_ns >= THREAD_CAPACITY_MIN_NS &&
           wanted->capacity_ns <= wanted->deadline_ns && wanted->deadline_ns <= wanted->period_ns &&
           wanted->period_ns >= THREAD_PERIOD_MIN_NS && wanted->period_ns <= THREAD_PERIOD_MAX_NS;
}

uint32_t cbs_share(const struct thread_deadline *wanted)
{
    uint64_t parts = wanted->capacity_ns * CBS_WHOLE + wanted->deadline_ns - 1;

    return MAX((uint32_t)(parts / wanted->deadline_ns), CBS_LEAST);
}

bool cbs_admit(uint32_t *sum, uint32_t had, uint32_t wanted)
{
    uint32_t more = wanted - had;

    if (__atomic_add_fetch(sum, more, __ATOMIC_RELAXED) > CBS_LIMIT && wanted > had) {
        __atomic_fetch_sub(sum, more, __ATOMIC_RELAXED);
        return false;
    }
    return true;
}

/* What is left of the budget is lost; what was used too much counts against the next one, and no more. */
static void begin(struct cbs *cbs, uint64_t cpu_time, uint64_t start)
{
    int64_t left = MIN(cbs_left(cbs, cpu_time), 0);

    cbs->deadline = start + cbs->relative;
    cbs->renewal = start + cbs->period;
    cbs->budget_end = cpu_time + (uint64_t)MAX(left + (int64_t)cbs->capacity, 0);
}

/* Products of a capacity and a time fit: THREAD_PERIOD_MAX_NS is a second, CLOCK_HZ_MAX 10 GHz. */
static void set(struct cbs *cbs, const struct thread_deadline *wanted, uint64_t tick_units)
{
    cbs->capacity = wanted->capacity_ns * tick_units / SCHED_TICK_NS;
    cbs->relative = wanted->deadline_ns;
    cbs->period = wanted->period_ns;
}

/* As much CPU time as the promise's share of the time until the deadline, at most all of a period's. */
static int64_t fair_rest(const struct cbs *cbs, uint64_t now)
{
    uint64_t rest = now < cbs->deadline ? (cbs->deadline - now) * cbs->capacity / cbs->relative : 0;

    return (int64_t)MIN(rest, cbs->capacity);
}

void cbs_start(struct cbs *cbs, const struct thread_deadline *wanted, uint64_t tick_units,
               uint64_t cpu_time, uint64_t now)
{
    set(cbs, wanted, tick_units);
    cbs->budget_end = cpu_time;
    begin(cbs, cpu_time, now);
}

void cbs_change(struct cbs *cbs, const struct thread_deadline *wanted, uint64_t tick_units,
                uint64_t cpu_time, uint64_t now)
{
    set(cbs, wanted, tick_units);
    if (cbs_left(cbs, cpu_time) > fair_rest(cbs, now)) {
        cbs->budget_end = cpu_time + (uint64_t)fair_rest(cbs, now);
    }
}

void cbs_renew(struct cbs *cbs, uint64_t cpu_time, uint64_t now)
{
    if (now >= cbs->renewal) {
        bool missed = now - cbs->renewal >= cbs->relative;

        begin(cbs, cpu_time, missed ? now : cbs->renewal);
    }
}

void cbs_wake(struct cbs *cbs, uint64_t cpu_time, uint64_t now)
{
    int64_t left = cbs_left(cbs, cpu_time), fair = fair_rest(cbs, now);

    /* A period of which nothing was used is as if it had not been. */
    if (now >= cbs->renewal || left >= (int64_t)cbs->capacity ||
        (left > fair && cbs->relative == cbs->period)) {
        begin(cbs, cpu_time, now);
    } else if (left > fair) {
        cbs->budget_end = cpu_time + (uint64_t)fair;
    }
}
