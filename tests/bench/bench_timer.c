/* SPDX-License-Identifier: MIT */
/* What it costs to set a timer and cancel it again, among few and among many others. */
#include <keel/bench.h>
#include <keel/clock.h>
#include <keel/heap.h>
#include <keel/timer.h>

#define FAR (3600 * NS_PER_SEC) /* none of them fires */

static const uint64_t timer_counts[] = {10, 100, 1000, 10000};

static struct timer *others;
static uint64_t other_count;
static struct timer timer;
static uint64_t base;
static uint64_t step;

/* Steps through the hour in an order that looks like none. */
static uint64_t next_deadline(void)
{
    step = step * UINT64_C(6364136223846793005) + 1442695040888963407u;
    return base + (step >> 23);
}

static void never_called(struct timer *fired)
{
}

static void clear(void)
{
    for (uint64_t i = 0; i < other_count; i++) {
        timer_cancel(&others[i]);
    }
    kfree(others);
    others = NULL;
    other_count = 0;
}

static void set_others(uint64_t count)
{
    clear();
    timer_init(&timer, never_called);
    base = clock_ns() + FAR;
    others = kmalloc(count * sizeof(*others));
    if (!others) {
        return;
    }
    other_count = count;
    for (uint64_t i = 0; i < count; i++) {
        timer_init(&others[i], never_called);
        timer_set(&others[i], next_deadline(), 0);
    }
}

static void none(void)
{
    set_others(0);
}

BENCH(timer_set_cancel, "timer.set_cancel", none)
{
    timer_set(&timer, TIMER_NEVER / 2, 0);
    timer_cancel(&timer);
}

BENCH_CURVE(timer_set_cancel, "timer.set_cancel", "timers", timer_counts, set_others)
{
    timer_set(&timer, next_deadline(), 0);
    timer_cancel(&timer);
}

/* The same deadline over and over, later than all. */
BENCH_CURVE(timer_set_again, "timer.set_again", "timers", timer_counts, set_others)
{
    timer_set(&timer, base + FAR + 9 * FAR, 0);
}

BENCH(clock_ns, "clock.ns", clear)
{
    clock_ns();
}
