/* SPDX-License-Identifier: MIT */
/* The entries of an I/O APIC, against a register file. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../../drivers/irqchip/ioapic.c"

#include "fake_io.h"

#define PINS      24
#define MASK_BIT  0x10000u
#define LEVEL_BIT 0x8000u
#define LOW_BIT   0x2000u

static struct ioapic ioapic;

static struct {
    uint32_t selected;
    uint32_t version;
    uint32_t entries[2 * 256];
    bool unmasked_in_between; /* an entry was written in halves while it could fire */
} dev;

static uint32_t fake_read(const struct io_region *io, uint32_t offset, unsigned int width)
{
    (void)io;
    assert_int_equal(width, 4);
    assert_int_equal(offset, 0x10);
    if (dev.selected == 1) {
        return dev.version;
    }
    assert_in_range(dev.selected, 0x10, 0x10 + 2 * 240 - 1);
    return dev.entries[dev.selected - 0x10];
}

static void fake_write(const struct io_region *io, uint32_t offset, uint32_t value,
                       unsigned int width)
{
    (void)io;
    assert_int_equal(width, 4);
    if (offset == 0) {
        assert_true(value <= 0xff || value < 0x10 + 2 * 240);
        dev.selected = value;
        return;
    }
    assert_int_equal(offset, 0x10);
    assert_in_range(dev.selected, 0x10, 0x10 + 2 * 240 - 1);
    if ((dev.selected & 1) != 0 && (dev.entries[dev.selected - 0x11] & MASK_BIT) == 0) {
        dev.unmasked_in_between = true;
    }
    dev.entries[dev.selected - 0x10] = value;
}

static uint32_t low(unsigned pin)
{
    return dev.entries[2 * pin];
}

static int start(void **state)
{
    (void)state;
    memset(&dev, 0, sizeof(dev));
    memset(&ioapic, 0, sizeof(ioapic));
    dev.version = (PINS - 1) << 16 | 0x20;
    assert_int_equal(ioapic_start(&ioapic), 0);
    return 0;
}

static void counts_and_masks_pins(void **state)
{
    (void)state;
    assert_int_equal(ioapic.pins, PINS);
    for (unsigned pin = 0; pin < PINS; pin++) {
        assert_int_equal(low(pin), MASK_BIT);
        assert_int_equal(ioapic_vector(&ioapic, pin), 0);
    }
    assert_int_equal(low(PINS), 0);
}

static void bounds_the_number_of_pins(void **state)
{
    (void)state;
    dev.version = 255u << 16 | 0x20;
    assert_int_equal(ioapic_start(&ioapic), 0);
    assert_int_equal(ioapic.pins, 240);
}

static void finds_nothing_on_an_empty_bus(void **state)
{
    (void)state;
    dev.version = UINT32_MAX;
    assert_int_equal(ioapic_start(&ioapic), -ENODEV);
    dev.version = 0;
    assert_int_equal(ioapic_start(&ioapic), -ENODEV);
}

static void writes_whole_entries(void **state)
{
    (void)state;
    ioapic_set_vector(&ioapic, 9, 41);
    ioapic_route(&ioapic, 9, 5);
    assert_int_equal(ioapic_set_trigger(&ioapic, 9, IRQ_LEVEL_LOW), 0);
    assert_int_equal(low(9), MASK_BIT | LEVEL_BIT | LOW_BIT | 41);
    assert_int_equal(dev.entries[2 * 9 + 1], 5u << 24);
    assert_int_equal(ioapic_vector(&ioapic, 9), 41);
    ioapic_mask(&ioapic, 9, false);
    assert_int_equal(low(9), LEVEL_BIT | LOW_BIT | 41);
    ioapic_mask(&ioapic, 9, true);
    assert_int_equal(low(9), MASK_BIT | LEVEL_BIT | LOW_BIT | 41);
    assert_int_equal(low(8), MASK_BIT);
    assert_int_equal(low(10), MASK_BIT);
}

static void moves_a_line_that_is_on(void **state)
{
    (void)state;
    ioapic_set_vector(&ioapic, 16, 48);
    ioapic_mask(&ioapic, 16, false);
    ioapic_route(&ioapic, 16, 254);
    assert_int_equal(dev.entries[2 * 16 + 1], 254u << 24);
    assert_int_equal(low(16), 48);
    assert_false(dev.unmasked_in_between);
}

static void knows_all_triggers(void **state)
{
    static const struct {
        enum irq_trigger trigger;
        int status;
        uint32_t bits;
    } expected[] = {
        {IRQ_EDGE_FALLING, 0, LOW_BIT},          {IRQ_EDGE_BOTH, -ENOTSUP, LOW_BIT},
        {IRQ_TRIGGER_DEFAULT, 0, LOW_BIT},       {IRQ_LEVEL_HIGH, 0, LEVEL_BIT},
        {IRQ_LEVEL_LOW, 0, LEVEL_BIT | LOW_BIT}, {IRQ_EDGE_RISING, 0, 0},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(expected); i++) {
        assert_int_equal(ioapic_set_trigger(&ioapic, 3, expected[i].trigger), expected[i].status);
        assert_int_equal(low(3), MASK_BIT | expected[i].bits);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(counts_and_masks_pins, start),
        cmocka_unit_test_setup(bounds_the_number_of_pins, start),
        cmocka_unit_test_setup(finds_nothing_on_an_empty_bus, start),
        cmocka_unit_test_setup(writes_whole_entries, start),
        cmocka_unit_test_setup(moves_a_line_that_is_on, start),
        cmocka_unit_test_setup(knows_all_triggers, start),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
