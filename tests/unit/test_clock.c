/* SPDX-License-Identifier: MIT */
/* Counters to nanoseconds, against 128-bit arithmetic, at any rate; changes from one to another. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../../core/time/clock.c"
#include "../../core/time/clocksource.c"

uint64_t fake_counter;
uint64_t fake_counter_step;
_Thread_local unsigned fake_cpu;
_Thread_local struct thread_head *fake_current;

static uint64_t other_counter;
static unsigned timers_set;
static uint64_t timer_deadline;

static uint64_t read_other(void)
{
    return other_counter;
}

void timer_init(struct timer *timer, timer_fn_t *fn)
{
    timer->fn = fn;
}

void timer_set(struct timer *timer, uint64_t deadline_ns, uint64_t slack_ns)
{
    timers_set++;
    timer_deadline = deadline_ns + slack_ns;
}

bool timer_cancel(struct timer *timer)
{
    return true;
}

static int reset(void **state)
{
    (void)state;
    fake_counter_step = 0;
    timers_set = 0;
    last_ns = 0;
    memset(&clock, 0, sizeof(clock));
    memset(&user_page, 0, sizeof(user_page));
    memset(&sources, 0, sizeof(sources));
    memset(wanted, 0, sizeof(wanted));
    return 0;
}

static void test_before_start(void **state)
{
    (void)state;
    assert_int_equal(clock_ns(), 0);
    assert_int_equal(clock_hz(), 0);
    clock_delay_us(10);
    assert_int_equal(clock_start(0), -EINVAL);
    assert_int_equal(clock_start(CLOCK_HZ_MAX + 1), -EINVAL);
    assert_int_equal(clock_start(UINT64_MAX), -EINVAL);
    assert_null(clocksource_current());
}

static void check_rate(uint64_t hz)
{
    const uint64_t ticks[] = {0, 1, 999, hz / 2, hz, hz * 3600, hz * 86400 * 30};

    reset(NULL);
    fake_counter = UINT64_MAX - 5; /* the counter may wrap */
    assert_int_equal(clock_start(hz), 0);
    assert_int_equal(clock_hz(), hz);
    assert_int_equal(timers_set, 0);
    for (size_t i = 0; i < ARRAY_SIZE(ticks); i++) {
        __uint128_t exact = (__uint128_t)ticks[i] * NS_PER_SEC / hz;
        uint64_t error;

        fake_counter = UINT64_MAX - 5 + ticks[i];
        error = clock_ns() > exact ? clock_ns() - (uint64_t)exact : (uint64_t)exact - clock_ns();
        /* A part in 2^30 of the time that passed, and a nanosecond. */
        assert_true(error <= (uint64_t)(exact >> 30) + 1);
    }
}

static const uint64_t rates[] = {1,         3,          32768,       1000000,
                                 4000000,   10000000,   24000000,    62500000,
                                 999999999, 1000000000, 2600000000u, 5000000000u};

static void test_rates(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(rates); i++) {
        check_rate(rates[i]);
    }
}

/* Hardware that is set to clock_counter_at(ns) fires when clock_ns() is there, and soon after. */
static void test_counter_at(void **state)
{
    const uint64_t spans[] = {0, 1, 100, 12345, NS_PER_MS, NS_PER_SEC, 3600 * NS_PER_SEC};

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(rates); i++) {
        for (size_t j = 0; j < ARRAY_SIZE(spans); j++) {
            uint64_t target, ns_per_tick = NS_PER_SEC / rates[i] + 1;

            reset(NULL);
            fake_counter = 77;
            clock_start(rates[i]);
            fake_counter += 1000;
            target = clock_ns() + spans[j];
            fake_counter = clock_counter_at(target);
            assert_true(clock_ns() >= target);
            assert_true(clock_ns() - target <= 2 * ns_per_tick + (spans[j] >> 29));
        }
    }
    assert_true(clock_counter_at(UINT64_MAX) > fake_counter);
    clock_start(5000000000u);
    assert_true(clock_counter_at(UINT64_MAX) == UINT64_MAX);
}

/* What event devices of any rate count down from. */
static void test_ticks_until(void **state)
{
    const uint64_t spans[] = {1, 100, 12345, NS_PER_MS, NS_PER_SEC, 3600 * NS_PER_SEC + 1};
    uint64_t now;

    (void)state;
    clock_start(NS_PER_SEC);
    fake_counter += 1000;
    now = clock_ns();
    for (size_t i = 0; i < ARRAY_SIZE(rates); i++) {
        for (size_t j = 0; j < ARRAY_SIZE(spans); j++) {
            unsigned __int128 part = (unsigned __int128)spans[j] * rates[i] + NS_PER_SEC - 1;

            assert_int_equal(clock_ticks_until(now + spans[j], rates[i]), part / NS_PER_SEC);
        }
        assert_int_equal(clock_ticks_until(now, rates[i]), 1);
        assert_int_equal(clock_ticks_until(0, rates[i]), 1);
    }
    assert_true(clock_ticks_until(UINT64_MAX, CLOCK_HZ_MAX) == UINT64_MAX);
}

/* Only a source whose CPUs differ needs it. */
static void test_never_back(void **state)
{
    struct clocksource tsc = {.name = "tsc",
                              .rating = CLOCKSOURCE_CPU,
                              .hz = NS_PER_SEC,
                              .mask = UINT64_MAX,
                              .flags = CLOCKSOURCE_UNSYNCHRONISED};
    uint64_t seen;

    (void)state;
    fake_counter = 1000;
    clock_start(1000000000);
    assert_int_equal(clocksource_register(&tsc), 0);
    assert_ptr_equal(clocksource_current(), &tsc); /* in place of the one it is */
    assert_null(tsc.next);
    fake_counter = 5000;
    seen = clock_ns();
    fake_counter = 3000; /* another CPU's counter that is behind */
    assert_int_equal(clock_ns(), seen);
    fake_counter = 6000;
    assert_true(clock_ns() > seen);
}

static struct clocksource hpet = {.name = "hpet",
                                  .rating = CLOCKSOURCE_DEVICE,
                                  .hz = 10000000,
                                  .read = read_other,
                                  .mask = CLOCKSOURCE_MASK(32)};

/* Time goes on, without a jump, at each change. */
static void test_changes(void **state)
{
    uint64_t before;

    (void)state;
    clock_start(1000000);
    fake_counter += 123456;
    other_counter = UINT32_MAX - 50;
    assert_int_equal(clocksource_register(&hpet), 0);
    assert_int_equal(clock_hz(), 1000000);
    before = clock_ns();
    clocksource_set_rating(&hpet, CLOCKSOURCE_CPU_FIXED);
    assert_int_equal(clock_hz(), 10000000);
    assert_in_range(clock_ns(), before, before + 1);
    fake_counter += 1000000; /* nobody looks at it now */
    assert_in_range(clock_ns(), before, before + 1);
    other_counter = (other_counter + 1000) & UINT32_MAX;
    assert_in_range(clock_ns(), before + 100000, before + 100001);
    before = clock_ns();
    clocksource_set_rating(&hpet, CLOCKSOURCE_LAST_RESORT);
    assert_int_equal(clock_hz(), 1000000);
    assert_in_range(clock_ns(), before, before + 1);
    fake_counter += 7;
    assert_in_range(clock_ns(), before + 7000, before + 7001);
    assert_ptr_equal(clocksource_first()->next, &hpet);
}

/* A counter of 32 bits at 10 MHz wraps after 429 s: the timer comes in time, and time goes on. */
static void test_wrap(void **state)
{
    (void)state;
    clock_start(1000000);
    other_counter = 0;
    strcpy(wanted, "hpet");
    assert_int_equal(clocksource_register(&hpet), 0);
    assert_ptr_equal(clocksource_current(), &hpet);
    for (unsigned i = 1; i < 100; i++) {
        uint64_t step, before = clock_ns();

        assert_int_equal(timers_set, i);
        assert_true(timer_deadline > before && timer_deadline - before < 429 * NS_PER_SEC * 4 / 5);
        step = (timer_deadline - before) / 100;
        other_counter = (other_counter + step) & UINT32_MAX;
        assert_in_range(clock_ns() - before, step * 100 - 1, step * 100 + 1);
        sources.wrap_timer.fn(&sources.wrap_timer);
        assert_in_range(clock_ns() - before, step * 100 - 1, step * 100 + 2);
    }
}

static void test_refused(void **state)
{
    struct clocksource bad = {.name = "bad", .rating = 900, .hz = 1000000, .mask = 0xffff};

    (void)state;
    bad.mask = 0x3fff; /* 16 ms */
    assert_int_equal(clocksource_register(&bad), -EINVAL);
    bad.mask = 0;
    assert_int_equal(clocksource_register(&bad), -EINVAL);
    bad.mask = 0xffff;
    bad.hz = 0;
    assert_int_equal(clocksource_register(&bad), -EINVAL);
    assert_null(clocksource_first());
}

/* What programs make of their page; UINT64_MAX: they ask. */
static uint64_t told_by_page(void)
{
    const struct keel_vdso_clock *page = clock_user_page();
    __uint128_t passed = (__uint128_t)(arch_counter() - page->base) * page->ns_per_tick;

    return page->sequence % 2 == 0 ? UINT64_MAX : page->base_ns + (uint64_t)(passed >> 32);
}

/* Programs tell the time as the kernel does, and ask where the counter will not do. */
static void test_page_for_programs(void **state)
{
    struct clocksource other = {.name = "other",
                                .rating = CLOCKSOURCE_CPU_FIXED,
                                .hz = 1000000,
                                .read = read_other,
                                .mask = UINT64_MAX};

    (void)state;
    assert_int_equal(told_by_page(), UINT64_MAX);
    for (size_t i = 0; i < ARRAY_SIZE(rates); i++) {
        reset(NULL);
        fake_counter = 5;
        clock_start(rates[i]);
        fake_counter += 12345678901;
        assert_int_equal(told_by_page(), clock_ns());
    }
    assert_int_equal(clocksource_register(&other), 0);
    assert_int_equal(told_by_page(), UINT64_MAX);
    clocksource_set_rating(&other, CLOCKSOURCE_LAST_RESORT);
    assert_int_equal(told_by_page(), clock_ns());
    assert_true(clock_ns() > 0);
    counter.flags |= CLOCKSOURCE_UNSYNCHRONISED;
    clocksource_set_rating(&counter, CLOCKSOURCE_CPU);
    assert_int_equal(told_by_page(), UINT64_MAX);
    counter.flags = 0;
}

static void test_delay(void **state)
{
    uint64_t start;

    (void)state;
    clock_start(10000000);
    fake_counter_step = 3;
    start = clock_ns();
    clock_delay_us(25);
    assert_true(clock_ns() - start >= 25000);
    assert_true(clock_ns() - start < 27000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_before_start, reset),
        cmocka_unit_test_setup(test_rates, reset),
        cmocka_unit_test_setup(test_counter_at, reset),
        cmocka_unit_test_setup(test_ticks_until, reset),
        cmocka_unit_test_setup(test_never_back, reset),
        cmocka_unit_test_setup(test_changes, reset),
        cmocka_unit_test_setup(test_wrap, reset),
        cmocka_unit_test_setup(test_refused, reset),
        cmocka_unit_test_setup(test_page_for_programs, reset),
        cmocka_unit_test_setup(test_delay, reset),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
