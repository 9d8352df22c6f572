/* SPDX-License-Identifier: MIT */
/* Whether differing time-stamp counters are found: two threads are two CPUs, with counters of their own. */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <time.h>

#include <cmocka.h>

#include <arch/cpu.h>

#define LOG_TAG "tsc"
#include "fake_log.h"

struct fdt;
static uint64_t test_counter(void);
uint64_t arch_counter_hz(const struct fdt *fdt);

#define arch_counter test_counter
#define rmb()        ((void)0)
#include "../../drivers/timer/tsc.c"

uint64_t fake_counter;
uint64_t fake_counter_step;
_Thread_local unsigned fake_cpu;
_Thread_local struct thread_head *fake_current;
struct fdt system_fdt;
cpumask_t cpu_online_mask = 3;

static _Thread_local int64_t offset; /* of this CPU's counter */
static int64_t other_offset;
static bool invariant = true;
static unsigned rating;

static uint64_t test_counter(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)(now.tv_sec * 1000000000 + now.tv_nsec + offset);
}

uint64_t arch_counter_hz(const struct fdt *fdt)
{
    (void)fdt;
    return 1000000000;
}

bool cpu_has(unsigned feature)
{
    return feature == CPU_FEATURE_INVARIANT_TSC && invariant;
}

int clocksource_register(struct clocksource *source)
{
    rating = source->rating;
    return 0;
}

void clocksource_set_rating(struct clocksource *source, unsigned to)
{
    (void)source;
    rating = to;
}

static void *run_other(void *arg)
{
    offset = other_offset;
    take_turns(arg);
    return NULL;
}

static pthread_t other;

void smp_call(cpumask_t cpus, void (*fn)(void *arg), void *arg, bool wait)
{
    assert_int_equal(cpus, 2);
    assert_true(fn == take_turns);
    assert_false(wait);
    assert_int_equal(pthread_create(&other, NULL, run_other, arg), 0);
}

static void check_pair(int64_t by)
{
    other_offset = by;
    check.worst = 0;
    tsc.flags = 0;
    assert_int_equal(tsc_probe(NULL), 0);
    assert_int_equal(check_all(), 0);
    assert_int_equal(pthread_join(other, NULL), 0);
}

static void agreeing_counters_stay(void **state)
{
    (void)state;
    check_pair(0);
    assert_int_equal(rating, CLOCKSOURCE_CPU_FIXED);
    assert_int_equal(tsc.flags, 0);
    assert_int_equal(fake_warnings, 0);
}

static void differing_counters_are_found(void **state)
{
    static const int64_t offsets[] = {1000000, -1000000, 1000000000000, -1000000000000};

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(offsets); i++) {
        fake_warnings = 0;
        check_pair(offsets[i]);
        assert_int_equal(rating, CLOCKSOURCE_LAST_RESORT);
        assert_int_equal(tsc.flags, CLOCKSOURCE_UNSYNCHRONISED);
        assert_int_equal(fake_warnings, 1);
    }
}

static void one_cpu_agrees_with_itself(void **state)
{
    (void)state;
    cpu_online_mask = 1;
    check.worst = 0;
    tsc.flags = 0;
    assert_int_equal(check_all(), 0);
    assert_int_equal(tsc.flags, 0);
    cpu_online_mask = 3;
}

static void a_rate_that_may_change_is_told(void **state)
{
    (void)state;
    invariant = false;
    fake_warnings = 0;
    assert_int_equal(tsc_probe(NULL), 0);
    assert_int_equal(rating, CLOCKSOURCE_CPU);
    assert_int_equal(fake_warnings, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(agreeing_counters_stay),
        cmocka_unit_test(differing_counters_are_found),
        cmocka_unit_test(one_cpu_agrees_with_itself),
        cmocka_unit_test(a_rate_that_may_change_is_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
