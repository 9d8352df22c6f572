/* SPDX-License-Identifier: MIT */
/* The 8259 pair against a model that knows initialisation, masks and what is in service. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../../drivers/irqchip/i8259.c"

#include "fake_io.h"

struct chip {
    uint8_t icw[4];
    unsigned next; /* which initialisation word comes next, 0: none */
    uint8_t mask, in_service;
    bool reads_service;
};

static struct i8259 pic;
static struct chip chips[2];
static uint8_t edge_level[2];

static struct chip *chip_of(const struct io_region *io)
{
    return io == &pic.first ? &chips[0] : &chips[1];
}

static uint32_t fake_read(const struct io_region *io, uint32_t offset, unsigned int width)
{
    assert_int_equal(width, 1);
    if (io == &pic.edge) {
        return edge_level[offset];
    }
    if (offset == 1) {
        return chip_of(io)->mask;
    }
    assert_true(chip_of(io)->reads_service);
    return chip_of(io)->in_service;
}

static void write_command(struct chip *chip, uint8_t value)
{
    if ((value & 0x10) != 0) {
        *chip = (struct chip){.icw = {value}, .next = 1};
    } else if ((value & 0x08) != 0) {
        chip->reads_service = (value & 3) == 3;
    } else {
        assert_int_equal(value & 0xf8, 0x60);
        assert_true((chip->in_service >> (value & 7) & 1) != 0); /* ended once, and what is there */
        chip->in_service = (uint8_t)(chip->in_service & ~(1u << (value & 7)));
    }
}

static void fake_write(const struct io_region *io, uint32_t offset, uint32_t value,
                       unsigned int width)
{
    struct chip *chip = chip_of(io);

    assert_int_equal(width, 1);
    if (io == &pic.edge) {
        edge_level[offset] = (uint8_t)value;
    } else if (offset == 0) {
        write_command(chip, (uint8_t)value);
    } else if (chip->next != 0) {
        chip->icw[chip->next] = (uint8_t)value;
        chip->next = (chip->next + 1) % 4;
    } else {
        chip->mask = (uint8_t)value;
    }
}

static int start(void **state)
{
    (void)state;
    memset(chips, 0, sizeof(chips));
    memset(edge_level, 0, sizeof(edge_level));
    pic = (struct i8259){.edge = {.size = 2}};
    i8259_start(&pic, 32);
    return 0;
}

static void starts_masked_behind_the_exceptions(void **state)
{
    static const uint8_t first[] = {0x11, 32, 4, 1}, second[] = {0x11, 40, 2, 1};

    (void)state;
    assert_memory_equal(chips[0].icw, first, sizeof(first));
    assert_memory_equal(chips[1].icw, second, sizeof(second));
    assert_int_equal(chips[0].mask, 0xff);
    assert_int_equal(chips[1].mask, 0xff);
}

static void opens_the_cascade_with_the_second(void **state)
{
    (void)state;
    i8259_mask(&pic, 1, false);
    assert_int_equal(chips[0].mask, 0xfd);
    i8259_mask(&pic, 8, false);
    i8259_mask(&pic, 12, false);
    assert_int_equal(chips[0].mask, 0xf9);
    assert_int_equal(chips[1].mask, 0xee);
    i8259_mask(&pic, 8, true);
    assert_int_equal(chips[0].mask, 0xf9);
    i8259_mask(&pic, 12, true);
    assert_int_equal(chips[0].mask, 0xfd);
    i8259_mask(&pic, 1, true);
    assert_int_equal(chips[0].mask, 0xff);
}

static void ends_both_for_a_line_of_the_second(void **state)
{
    (void)state;
    chips[0].in_service = 1 << 4;
    i8259_eoi(&pic, 4);
    assert_int_equal(chips[0].in_service, 0);
    chips[0].in_service = 1 << 2;
    chips[1].in_service = 1 << 4;
    i8259_eoi(&pic, 12);
    assert_int_equal(chips[0].in_service, 0);
    assert_int_equal(chips[1].in_service, 0);
}

static void tells_spurious_interrupts(void **state)
{
    (void)state;
    assert_false(i8259_is_real(&pic, 7));
    chips[0].in_service = 1 << 7;
    assert_true(i8259_is_real(&pic, 7));
    i8259_eoi(&pic, 7);
    chips[0].in_service = 1 << 2;
    assert_false(i8259_is_real(&pic, 15));
    assert_int_equal(chips[0].in_service, 0);
    chips[0].in_service = 1 << 2;
    chips[1].in_service = 1 << 7;
    assert_true(i8259_is_real(&pic, 15));
    assert_int_equal(chips[0].in_service, 1 << 2);
}

static void sets_what_triggers_there_are(void **state)
{
    (void)state;
    assert_int_equal(i8259_set_trigger(&pic, 11, IRQ_LEVEL_HIGH), 0);
    assert_int_equal(i8259_set_trigger(&pic, 5, IRQ_LEVEL_HIGH), 0);
    assert_int_equal(edge_level[0], 1 << 5);
    assert_int_equal(edge_level[1], 1 << 3);
    assert_int_equal(i8259_trigger(&pic, 11), IRQ_LEVEL_HIGH);
    assert_int_equal(i8259_trigger(&pic, 12), IRQ_EDGE_RISING);
    assert_int_equal(i8259_set_trigger(&pic, 11, IRQ_EDGE_RISING), 0);
    assert_int_equal(edge_level[1], 0);
    assert_int_equal(i8259_set_trigger(&pic, 5, IRQ_TRIGGER_DEFAULT), 0);
    assert_int_equal(edge_level[0], 1 << 5);
    assert_int_equal(i8259_set_trigger(&pic, 1, IRQ_LEVEL_HIGH), -ENOTSUP);
    assert_int_equal(i8259_set_trigger(&pic, 13, IRQ_LEVEL_HIGH), -ENOTSUP);
    assert_int_equal(i8259_set_trigger(&pic, 5, IRQ_LEVEL_LOW), -ENOTSUP);
    assert_int_equal(i8259_set_trigger(&pic, 5, IRQ_EDGE_BOTH), -ENOTSUP);
    pic.edge.size = 0;
    assert_int_equal(i8259_trigger(&pic, 5), IRQ_EDGE_RISING);
    assert_int_equal(i8259_set_trigger(&pic, 5, IRQ_LEVEL_HIGH), -ENOTSUP);
    assert_int_equal(i8259_set_trigger(&pic, 5, IRQ_EDGE_RISING), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(starts_masked_behind_the_exceptions, start),
        cmocka_unit_test_setup(opens_the_cascade_with_the_second, start),
        cmocka_unit_test_setup(ends_both_for_a_line_of_the_second, start),
        cmocka_unit_test_setup(tells_spurious_interrupts, start),
        cmocka_unit_test_setup(sets_what_triggers_there_are, start),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
