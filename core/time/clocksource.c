/* SPDX-License-Identifier: MIT */
/* Which counter time is told from: the best there is, or the one that the command line names. */
#include "clock_internal.h"

#include <arch/cpu.h>
#include <keel/clock.h>
#include <keel/errno.h>
#include <keel/param.h>
#include <keel/spinlock.h>
#include <keel/string.h>
#include <keel/timer.h>

#define SHORTEST_WRAP_NS (20 * NS_PER_MS)
#define YEAR_NS          (365ull * 86400 * NS_PER_SEC)

static char wanted[16];

KPARAM(clocksource, PARAM_STRING, wanted, 0, 0, "counter to tell time from, in place of the best");

static struct {
    struct spinlock lock;
    struct clocksource *first; /* the highest rating first */
    struct timer wrap_timer;   /* reads the source in use before it wraps */
} sources;

/* What there is before any driver. */
static struct clocksource counter = {
    .name = "counter", .rating = CLOCKSOURCE_CPU, .mask = UINT64_MAX};

static uint64_t wrap_ns(const struct clocksource *source)
{
    return clock_scale(source->mask, clock_ns_per_tick(source->hz));
}

static void insert(struct clocksource *source)
{
    struct clocksource **at = &sources.first;

    while (*at && (*at)->rating >= source->rating) {
        at = &(*at)->next;
    }
    source->next = *at;
    *at = source;
}

static void remove(struct clocksource *source)
{
    struct clocksource **at = &sources.first;

    while (*at && *at != source) {
        at = &(*at)->next;
    }
    if (*at) {
        *at = source->next;
    }
}

static const struct clocksource *best(void)
{
    struct clocksource *source = sources.first;

    while (source && strcmp(source->name, wanted) != 0) {
        source = source->next;
    }
    return source ? source : sources.first;
}

/* With a slack of as much again, three quarters of the way at the latest. */
static void set_wrap_timer(struct timer *timer)
{
    uint64_t wrap = wrap_ns(clocksource_current());

    if (wrap < YEAR_NS) {
        timer_set(timer, clock_ns() + wrap / 2, wrap / 4);
    }
}

static void before_wrap(struct timer *timer)
{
    clock_carry_on();
    set_wrap_timer(timer);
}

/* `again`: also if it is the one in use, whose flags may have changed. sources.lock held. */
static void choose(bool again)
{
    const struct clocksource *source = best();

    if (again || source != clocksource_current()) {
        timer_cancel(&sources.wrap_timer);
        clock_use(source);
        set_wrap_timer(&sources.wrap_timer);
    }
}

int clocksource_register(struct clocksource *source)
{
    unsigned long irq;

    if (source->hz == 0 || source->hz > CLOCK_HZ_MAX || source->mask == 0 ||
        wrap_ns(source) < SHORTEST_WRAP_NS) {
        return -EINVAL;
    }
    irq = spin_lock(&sources.lock);
    if (!sources.first) {
        timer_init(&sources.wrap_timer, before_wrap);
    }
    if (!source->read) {
        remove(&counter);
    }
    insert(source);
    choose(false);
    spin_unlock(&sources.lock, irq);
    return 0;
}

void clocksource_set_rating(struct clocksource *source, unsigned rating)
{
    unsigned long irq = spin_lock(&sources.lock);

    remove(source);
    source->rating = rating;
    insert(source);
    choose(true);
    spin_unlock(&sources.lock, irq);
}

const struct clocksource *clocksource_first(void)
{
    return sources.first;
}

int clock_start(uint64_t hz)
{
    counter.hz = hz;
    clock_set_counter_hz(hz);
    return clocksource_register(&counter);
}
