/* SPDX-License-Identifier: MIT */
/* The HPET against a model of its registers, whose counter goes on with every access, and what it is taken
 * for; and the arithmetic of the local APIC timer's rate. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../../drivers/timer/hpet.c"
#include "../../drivers/timer/hpet_dt.c"
#include "../../drivers/timer/lapic_rate.h"

#include "fake_io.h"

_Thread_local unsigned fake_cpu;

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

/* --- As a clock source and an event device --- */

static const struct clocksource *taken_source;
static const struct clockevent *taken_event;
static bool has_line;
static int refusal; /* of the clock source, by core */

int clocksource_register(struct clocksource *registered)
{
    if (refusal != 0) {
        return refusal;
    }
    taken_source = registered;
    return 0;
}

void clockevent_register(struct clockevent *registered)
{
    taken_event = registered;
}

void clockevent_fired(void)
{
}

uint64_t clock_ns(void)
{
    return 0;
}

int device_registers(struct device *dev, unsigned index, struct io_region *out)
{
    *out = (struct io_region){.base = (void __iomem *)&dev, .size = HPET_SIZE};
    return 0;
}

int device_interrupt(struct device *dev, unsigned index, struct fdt_irq *out)
{
    return has_line ? 0 : -ENOENT;
}

int irq_request(const struct fdt_irq *spec, const struct irq_request *request, struct irq **out)
{
    *out = (struct irq *)out;
    return 0;
}

static int probe(void)
{
    struct device device = {.node = 1};

    source.hz = 0;
    taken_source = NULL;
    taken_event = NULL;
    return driver_hpet.probe(&device);
}

static void is_both_where_it_can_be(void **state)
{
    (void)state;
    has_line = true;
    assert_int_equal(probe(), 0);
    assert_int_equal(taken_source->hz, 14318179);
    assert_int_equal(taken_source->mask, UINT32_MAX); /* of 64 bits, too, only the lower are read */
    assert_non_null(taken_event);
    assert_int_equal(dev.config, 1); /* the PIT's line is not taken from it yet */
    assert_int_equal(taken_event->start_cpu(), 0);
    assert_int_equal(dev.config, 3);
    fake_cpu = 1;
    assert_int_equal(taken_event->start_cpu(), -ENODEV);
    fake_cpu = 0;
}

/* Timers that cannot interrupt in the PIT's place, or whose line leads nowhere, are not used. */
static void tells_the_time_where_it_cannot_interrupt(void **state)
{
    (void)state;
    has_line = false;
    assert_int_equal(probe(), 0);
    assert_non_null(taken_source);
    assert_null(taken_event);
    has_line = true;
    dev.capabilities &= ~(1u << 15);
    assert_int_equal(probe(), 0);
    assert_non_null(taken_source);
    assert_null(taken_event);
}

static void is_nothing_at_an_impossible_rate(void **state)
{
    static const uint32_t periods[] = {0, 1, 99999, 0x05f5e101, UINT32_MAX};

    (void)state;
    has_line = true;
    for (size_t i = 0; i < ARRAY_SIZE(periods); i++) {
        dev.period = periods[i];
        assert_true(probe() < 0);
        assert_null(taken_source);
        assert_null(taken_event);
    }
    dev.period = 0x05f5e100;
    assert_int_equal(probe(), 0);
    refusal = -EINVAL;
    assert_int_equal(probe(), -EINVAL);
    assert_null(taken_event);
    refusal = 0;
}

/* Time would stand still. */
static void is_nothing_when_it_does_not_count(void **state)
{
    (void)state;
    has_line = true;
    dev.step = 0;
    assert_int_equal(probe(), -ENODEV);
    assert_null(taken_source);
    assert_null(taken_event);
}

static uint64_t rate(uint64_t counts, uint64_t ticks, uint64_t hz)
{
    struct counter_span span = {{7, 7}, {7 + ticks, 7 + ticks}};

    return lapic_rate(counts, &span, hz);
}

static void finds_the_local_timers_rate(void **state)
{
    (void)state;
    assert_int_equal(rate(25000, 300000, 3000000000), 249999999); /* 100 us */
    assert_int_equal(rate(UINT32_MAX, UINT32_MAX, 1000000000), 1000000000);
    assert_int_equal(rate(100, 100, 5000), 5000);
    assert_int_equal(rate(0, 100, 5000), 0);
    assert_int_equal(rate(100, 0, 5000), 0);
    assert_int_equal(rate(101, 100, 5000), 0);
    assert_int_equal(rate(1ull << 32, 1ull << 40, 5000), 0);
    assert_int_equal(rate(6250000, 1ull << 40, 10000000000), 56843);
}

/* A pause between what was read of the one and of the other. */
static void takes_no_uncertain_rate(void **state)
{
    struct counter_span good = {{0, 1000}, {300000, 301000}};
    struct counter_span begins_late = {{0, 30000}, {330000, 330000}};
    struct counter_span ends_late = {{0, 0}, {300000, 330000}};

    (void)state;
    assert_int_equal(lapic_rate(25000, &good, 3000000000), 249999999);
    assert_int_equal(lapic_rate(25000, &begins_late, 3000000000), 0);
    assert_int_equal(lapic_rate(25000, &ends_late, 3000000000), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(counts_from_the_start, start),
        cmocka_unit_test_setup(refuses_impossible_periods, start),
        cmocka_unit_test_setup(fires_after_so_many_ticks, start),
        cmocka_unit_test_setup(does_not_lose_what_is_due, start),
        cmocka_unit_test_setup(comes_early_for_what_is_far, start),
        cmocka_unit_test_setup(is_both_where_it_can_be, start),
        cmocka_unit_test_setup(tells_the_time_where_it_cannot_interrupt, start),
        cmocka_unit_test_setup(is_nothing_at_an_impossible_rate, start),
        cmocka_unit_test_setup(is_nothing_when_it_does_not_count, start),
        cmocka_unit_test(finds_the_local_timers_rate),
        cmocka_unit_test(takes_no_uncertain_rate),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
