/* SPDX-License-Identifier: MIT */
/* The HPET against a model of its registers, whose counter goes on with every access; and the arithmetic
 * of the local APIC timer's rate. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../../drivers/timer/hpet.c"
#include "../../drivers/timer/lapic_rate.h"

#include "fake_io.h"

static struct hpet hpet;

static struct {
    uint32_t capabilities, period, config, timer_config, comparator;
    uint32_t counter, step;
    unsigned writes; /* of the comparator */
} dev;

static uint32_t fake_read(const struct io_region *io, uint32_t offset, unsigned int width)
{
    (void)io;
    assert_int_equal(width, 4);
    switch (offset) {
    case 0x00:
        return dev.capabilities;
    case 0x04:
        return dev.period;
    case 0x10:
        return dev.config;
    case 0xf0:
        return dev.counter += dev.step;
    case 0x100:
        return dev.timer_config;
    default:
        fail_msg("read of register %#x", offset);
        return 0;
    }
}

static void fake_write(const struct io_region *io, uint32_t offset, uint32_t value,
                       unsigned int width)
{
    (void)io;
    assert_int_equal(width, 4);
    switch (offset) {
    case 0x10:
        dev.config = value;
        break;
    case 0x100:
        dev.timer_config = value;
        break;
    case 0x108:
        dev.comparator = value;
        dev.writes++;
        break;
    default:
        fail_msg("write of register %#x", offset);
    }
}

static int start(void **state)
{
    (void)state;
    memset(&dev, 0, sizeof(dev));
    memset(&hpet, 0, sizeof(hpet));
    dev.capabilities = 0x8086a201;
    dev.period = 69841279;
    dev.timer_config = 0x00c0000c; /* enabled, periodic */
    dev.config = 2;
    dev.step = 3;
    assert_int_equal(hpet_start(&hpet), 0);
    return 0;
}

static void counts_from_the_start(void **state)
{
    (void)state;
    assert_int_equal(hpet.hz, 14318179);
    assert_true(hpet.is_legacy);
    assert_int_equal(dev.config, 1);
    assert_int_equal(dev.timer_config & 0x104, 0x100); /* off, 32 bits */
    dev.capabilities = 0x80862201;
    assert_int_equal(hpet_start(&hpet), 0);
    assert_false(hpet.is_legacy);
}

static void refuses_impossible_periods(void **state)
{
    (void)state;
    dev.period = 0;
    assert_int_equal(hpet_start(&hpet), -ENODEV);
    dev.period = 100000001;
    assert_int_equal(hpet_start(&hpet), -ENODEV);
    dev.period = UINT32_MAX;
    assert_int_equal(hpet_start(&hpet), -ENODEV);
}

static void fires_after_so_many_ticks(void **state)
{
    (void)state;
    hpet_take_pit_line(&hpet);
    assert_int_equal(dev.config, 3);
    dev.counter = 0xfffffff0 - dev.step;
    hpet_set(&hpet, 1000);
    assert_int_equal(dev.comparator, 0xfffffff0u + 1000);
    assert_int_equal(dev.writes, 1);
    assert_int_equal(dev.timer_config & 4, 4);
    hpet_stop(&hpet);
    assert_int_equal(dev.timer_config & 4, 0);
}

static void does_not_lose_what_is_due(void **state)
{
    static const uint32_t steps[] = {0, 1, 3, 15, 16, 17, 100, 1000};

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(steps); i++) {
        dev.step = steps[i];
        for (uint64_t ticks = 0; ticks < 40; ticks++) {
            dev.writes = 0;
            hpet_set(&hpet, ticks);
            assert_true((int32_t)(dev.comparator - dev.counter) > 0);
            assert_true(dev.comparator - dev.counter <= MAX(40u, 4 * dev.step + 16));
            assert_true(dev.writes <= 8);
        }
    }
}

static void comes_early_for_what_is_far(void **state)
{
    (void)state;
    dev.counter = 5 - dev.step;
    hpet_set(&hpet, UINT64_MAX);
    assert_int_equal(dev.comparator, 5u + 0x7fffffff);
}

static void finds_the_local_timers_rate(void **state)
{
    (void)state;
    assert_int_equal(lapic_rate(25000, 300000, 3000000000), 249999999); /* 100 us */
    assert_int_equal(lapic_rate(UINT32_MAX, UINT32_MAX, 1000000000), 1000000000);
    assert_int_equal(lapic_rate(100, 100, 5000), 5000);
    assert_int_equal(lapic_rate(0, 100, 5000), 0);
    assert_int_equal(lapic_rate(100, 0, 5000), 0);
    assert_int_equal(lapic_rate(101, 100, 5000), 0);
    assert_int_equal(lapic_rate(1ull << 32, 1ull << 40, 5000), 0);
    assert_int_equal(lapic_rate(6250000, 1ull << 40, 10000000000), 56843);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(counts_from_the_start, start),
        cmocka_unit_test_setup(refuses_impossible_periods, start),
        cmocka_unit_test_setup(fires_after_so_many_ticks, start),
        cmocka_unit_test_setup(does_not_lose_what_is_due, start),
        cmocka_unit_test_setup(comes_early_for_what_is_far, start),
        cmocka_unit_test(finds_the_local_timers_rate),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
