/* SPDX-License-Identifier: MIT */
/* Monotonic time: turns the counter in use into nanoseconds with one multiplication. */
#include "clock_internal.h"

#include <arch/cpu.h>
#include <arch/layout.h>
#include <keel/clock.h>
#include <keel/errno.h>
#include <keel/spinlock.h>
#include <keel/vdso.h>

#define SPINS_PER_US_UNTIMED 50 /* before the counter's rate is known */

/* From a value of the counter to nanoseconds: base_ns + (value - base) * ns_per_tick. */
struct timebase {
    const struct clocksource *source;
    bool direct; /* arch_counter(), 64 bits wide, the same on all CPUs */
    uint64_t base;
    uint64_t base_ns;
    uint64_t ns_per_tick;
};

/*
 * Two of them: readers use the one that the low bit of `version` names, and look afterwards whether
 * `version` is still the same; a writer fills the other and then counts up. So no reader ever waits.
 */
static struct {
    unsigned version;
    struct timebase copies[2];
    struct spinlock lock; /* of writers */
    uint64_t counter_hz;  /* of arch_counter(), whatever time is told from */
} clock __aligned(64);

/* What programs tell the time from, in a page that has nothing else; as long as its `sequence` is even, they ask the
 * kernel. */
static union {
    struct keel_vdso_clock clock;
    uint8_t page[PAGE_SIZE];
} user_page __aligned(PAGE_SIZE);

/* The latest time told, of sources that differ between CPUs. */
static uint64_t last_ns __aligned(64);

#define LOAD(member)         __atomic_load_n(&(member), __ATOMIC_RELAXED)
#define STORE(member, value) __atomic_store_n(&(member), (value), __ATOMIC_RELAXED)

static inline uint64_t read_counter(const struct clocksource *source)
{
    return source->read ? source->read() : arch_counter();
}

/* Nanoseconds at a value of the counter. */
static inline uint64_t time_at(const struct timebase *time, const struct clocksource *source,
                               uint64_t value)
{
    return LOAD(time->base_ns) +
           clock_scale((value - LOAD(time->base)) & source->mask, LOAD(time->ns_per_tick));
}

/* Never less than what another CPU was told. */
static __noinline uint64_t at_least_last(uint64_t now)
{
    uint64_t last = LOAD(last_ns);

    while (now > last) {
        if (__atomic_compare_exchange_n(&last_ns, &last, now, true, __ATOMIC_RELAXED,
                                        __ATOMIC_RELAXED)) {
            return now;
        }
    }
    return last;
}

/* Whatever the source. */
static __noinline uint64_t ns_of_any(void)
{
    const struct clocksource *source;
    unsigned version;
    uint64_t now;

    do {
        const struct timebase *time;

        version = __atomic_load_n(&clock.version, __ATOMIC_ACQUIRE);
        time = &clock.copies[version & 1];
        source = LOAD(time->source);
        if (!source) {
            return 0;
        }
        now = time_at(time, source, read_counter(source));
        __atomic_thread_fence(__ATOMIC_ACQUIRE);
    } while (LOAD(clock.version) != version);
    return LOAD(source->flags) & CLOCKSOURCE_UNSYNCHRONISED ? at_least_last(now) : now;
}

uint64_t clock_ns(void)
{
    unsigned version = __atomic_load_n(&clock.version, __ATOMIC_ACQUIRE);
    const struct timebase *time = &clock.copies[version & 1];

    if (likely(LOAD(time->direct))) {
        __extension__ unsigned __int128 ns =
            (unsigned __int128)(arch_counter() - LOAD(time->base)) * LOAD(time->ns_per_tick);
        uint64_t now = LOAD(time->base_ns) + (uint64_t)(ns >> 32);

        __atomic_thread_fence(__ATOMIC_ACQUIRE);
        if (likely(LOAD(clock.version) == version)) {
            return now;
        }
    }
    return ns_of_any();
}

const struct clocksource *clocksource_current(void)
{
    return LOAD(clock.copies[__atomic_load_n(&clock.version, __ATOMIC_ACQUIRE) & 1].source);
}

uint64_t clock_hz(void)
{
    const struct clocksource *source = clocksource_current();

    return source ? source->hz : 0;
}

const void *clock_user_page(void)
{
    return &user_page;
}

/* From now on programs ask the kernel; clock.lock held. */
static void close_user_page(void)
{
    STORE(user_page.clock.sequence, (user_page.clock.sequence + 1) & ~1u);
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
}

/* Lets programs tell the time themselves where they can read the counter; clock.lock held. */
static void open_user_page(void)
{
    const struct timebase *time = &clock.copies[clock.version & 1];

    if (time->direct) {
        STORE(user_page.clock.base, time->base);
        STORE(user_page.clock.base_ns, time->base_ns);
        STORE(user_page.clock.ns_per_tick, time->ns_per_tick);
        __atomic_store_n(&user_page.clock.sequence, user_page.clock.sequence + 1, __ATOMIC_RELEASE);
    }
}

/* Fills the copy that is not in use, and then uses it; clock.lock held. */
static void publish(const struct clocksource *source, uint64_t base, uint64_t base_ns)
{
    struct timebase *time = &clock.copies[(clock.version + 1) & 1];

    /* Readers that see any of it also see by `version` that theirs is no longer in use. */
    __atomic_thread_fence(__ATOMIC_RELEASE);
    STORE(time->source, source);
    STORE(time->direct, !source->read && source->mask == UINT64_MAX &&
                            !(source->flags & CLOCKSOURCE_UNSYNCHRONISED));
    STORE(time->base, base);
    STORE(time->base_ns, base_ns);
    STORE(time->ns_per_tick, clock_ns_per_tick(source->hz));
    __atomic_store_n(&clock.version, clock.version + 1, __ATOMIC_RELEASE);
}

void clock_use(const struct clocksource *source)
{
    unsigned long irq = spin_lock(&clock.lock);
    bool first = clocksource_current() == NULL;
    uint64_t value, now;

    close_user_page();
    value = read_counter(source);
    now = clock_ns();
    /* The new one is read first, so time can only be ahead by what the reading took; one nanosecond
     * more makes up for the part of one that is cut off here. */
    publish(source, value, first ? 0 : now + 1);
    open_user_page();
    spin_unlock(&clock.lock, irq);
}

void clock_carry_on(void)
{
    clock_use(clocksource_current());
}

void clock_set_counter_hz(uint64_t hz)
{
    clock.counter_hz = hz;
}

uint64_t clock_counter_at(uint64_t ns)
{
    uint64_t now = clock_ns();
    uint64_t counter = arch_counter();
    uint64_t ticks;

    if (ns <= now) {
        return counter;
    }
    ticks = clock_ns_to_ticks(ns - now, clock.counter_hz);
    /* A nanosecond is worth a part in 2^30 more or less than clock_ns() makes it. */
    if (__builtin_add_overflow(ticks, (ticks >> 30) + 1, &ticks)) {
        return UINT64_MAX;
    }
    return counter + ticks < counter ? UINT64_MAX : counter + ticks;
}

uint64_t clock_ns_per_tick(uint64_t hz)
{
    return ((NS_PER_SEC << 32) + hz / 2) / hz;
}

void clock_delay_us(uint32_t us)
{
    uint64_t end = clock_ns() + us * NS_PER_US;

    if (clock_hz() == 0) {
        for (uint64_t spin = 0; spin < (uint64_t)us * SPINS_PER_US_UNTIMED; spin++) {
            arch_cpu_relax();
        }
        return;
    }
    while (clock_ns() < end) {
        arch_cpu_relax();
    }
}
