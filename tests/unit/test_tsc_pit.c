/* SPDX-License-Identifier: MIT */
/* The rate of the time-stamp counter by a model of the PIT, on a machine that its host pauses. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <arch/cpu.h>
#include <arch/io.h>

static uint64_t test_counter(void);
static uint8_t port_read8(uint16_t port);
static void port_write8(uint16_t port, uint8_t value);

#define arch_counter test_counter
#include "../../bsp/x86_64/cpu/tsc_pit.c"

#define HZ           3000000000ull
#define COUNTS_OF_US (HZ / 1000000)
#define PIT_HZ       1193182ull
#define NONE         UINT64_MAX

static struct {
    uint64_t now, steps;
    uint64_t cost;  /* of a port's access */
    uint64_t begun; /* when the channel was set */
    uint64_t counts;
    uint8_t low, gate;
    bool absent, stuck;
    uint64_t pause_at,
        pause;            /* before a step, or where it is NONE: now and then, by up to so much */
    unsigned pause_often; /* of 100,000 */
} pc;

/* What may be paused before. */
static void step(uint64_t cost)
{
    if (pc.steps++ == pc.pause_at) {
        pc.now += pc.pause;
    }
    if (pc.pause_often != 0 && (unsigned)rand() % 100000 < pc.pause_often) {
        pc.now += (uint64_t)rand() % pc.pause;
    }
    pc.now += cost;
}

static uint64_t test_counter(void)
{
    step(30);
    return pc.now;
}

static uint8_t port_read8(uint16_t port)
{
    bool is_over;

    assert_int_equal(port, 0x61);
    step(pc.cost / 2);
    is_over = pc.stuck || (!pc.absent && pc.begun != 0 && pc.now - pc.begun >= pc.counts);
    pc.now += pc.cost / 2;
    return (uint8_t)(pc.gate | (is_over ? 0x20 : 0));
}

static void port_write8(uint16_t port, uint8_t value)
{
    static bool is_high;

    step(pc.cost / 2);
    if (port == 0x61) {
        pc.gate = value & 0xf; /* the others are read only */
    } else if (port == 0x43) {
        assert_int_equal(value, 0xb0);
        assert_int_equal(pc.gate & 3, 1);
        is_high = false;
    } else if (is_high) {
        pc.begun = pc.now;
        pc.counts = (((uint64_t)value << 8 | pc.low) * HZ + PIT_HZ - 1) / PIT_HZ;
        is_high = false;
    } else {
        assert_int_equal(port, 0x42);
        pc.low = value;
        is_high = true;
    }
    pc.now += pc.cost / 2;
}

static int start(void **state)
{
    (void)state;
    memset(&pc, 0, sizeof(pc));
    pc.now = HZ;
    pc.cost = COUNTS_OF_US;
    pc.gate = 2;
    pc.pause_at = NONE;
    srand(1);
    return 0;
}

static bool is_near(uint64_t hz, unsigned per_mille)
{
    return hz >= HZ - HZ / 1000 * per_mille && hz <= HZ + HZ / 1000 * per_mille;
}

static void finds_the_rate(void **state)
{
    (void)state;
    assert_true(is_near(tsc_hz_by_pit(), 2));
    assert_int_equal(pc.gate, 2);
    pc.cost = 1;
    assert_true(is_near(tsc_hz_by_pit(), 1));
}

/* Wherever a pause falls, and however long it is. */
static void bears_a_pause_anywhere(void **state)
{
    static const uint64_t pauses_us[] = {1, 3, 10, 30, 100, 399, 1000, 7000, 20000, 1000000};

    for (size_t i = 0; i < ARRAY_SIZE(pauses_us); i++) {
        for (uint64_t at = 0; at < 1500; at++) {
            start(state);
            pc.pause_at = at;
            pc.pause = pauses_us[i] * COUNTS_OF_US;
            assert_true(is_near(tsc_hz_by_pit(), 5));
        }
    }
}

static void bears_many_pauses(void **state)
{
    for (unsigned seed = 0; seed < 1000; seed++) {
        start(state);
        srand(seed);
        pc.pause_often = 1 + seed % 100;
        pc.pause = 20000 * COUNTS_OF_US;
        assert_true(is_near(tsc_hz_by_pit(), 20));
    }
}

/* Where a hypervisor takes its time with every port. */
static void bears_slow_ports(void **state)
{
    (void)state;
    pc.cost = 50 * COUNTS_OF_US;
    assert_true(is_near(tsc_hz_by_pit(), 20));
    pc.cost = 1000 * COUNTS_OF_US;
    assert_true(is_near(tsc_hz_by_pit(), 100));
}

static void knows_nothing_without_a_pit(void **state)
{
    (void)state;
    pc.absent = true;
    assert_int_equal(tsc_hz_by_pit(), 0);
    start(state);
    pc.stuck = true;
    assert_int_equal(tsc_hz_by_pit(), 0);
    assert_int_equal(pc.gate, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(finds_the_rate, start),
        cmocka_unit_test_setup(bears_a_pause_anywhere, start),
        cmocka_unit_test_setup(bears_many_pauses, start),
        cmocka_unit_test_setup(bears_slow_ports, start),
        cmocka_unit_test_setup(knows_nothing_without_a_pit, start),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
