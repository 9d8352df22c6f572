/* SPDX-License-Identifier: MIT */
/* The keyboard controller against a model of one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../../drivers/input/i8042.c"

#include "fake_io.h"

static const struct i8042 kbc = {.data = {.port = 0x60}, .command = {.port = 0x64}};

static struct {
    bool absent, deaf;
    uint8_t config;
    bool port1_on, port2_on;
    uint8_t output[16];
    unsigned output_count;
    bool from_second;
    bool config_follows;
    unsigned busy; /* reads of the status that find the last byte not taken yet */
    uint8_t to_keyboard;
} dev;

static uint8_t take(void)
{
    uint8_t byte = dev.output[0];

    if (dev.output_count > 0) {
        memmove(dev.output, dev.output + 1, --dev.output_count);
    }
    return byte;
}

static uint32_t fake_read(const struct io_region *io, uint32_t offset, unsigned int width)
{
    assert_int_equal(width, 1);
    assert_int_equal(offset, 0);
    if (dev.absent) {
        return 0xff;
    }
    if (io->port == 0x60) {
        return take();
    }
    dev.busy -= dev.busy > 0;
    return (dev.output_count > 0) | (dev.busy > 0 || dev.deaf ? 2 : 0) |
           (dev.from_second && dev.output_count > 0 ? 0x20 : 0);
}

static void take_command(uint8_t value)
{
    switch (value) {
    case 0x20:
        assert_int_equal(dev.output_count, 0); /* else a key would be taken for it */
        dev.output[dev.output_count++] = dev.config;
        break;
    case 0x60:
        dev.config_follows = true;
        break;
    case 0xa7:
        dev.port2_on = false;
        break;
    case 0xad:
        dev.port1_on = false;
        break;
    case 0xae:
        dev.port1_on = true;
        break;
    default:
        fail_msg("command %#x", value);
    }
}

static void fake_write(const struct io_region *io, uint32_t offset, uint32_t value,
                       unsigned int width)
{
    assert_int_equal(width, 1);
    assert_int_equal(offset, 0);
    assert_int_equal(dev.busy, 0);
    dev.busy = 3;
    if (io->port == 0x64) {
        take_command((uint8_t)value);
    } else if (dev.config_follows) {
        dev.config = (uint8_t)value;
        dev.config_follows = false;
    } else {
        dev.to_keyboard = (uint8_t)value;
    }
}

static int start(void **state)
{
    (void)state;
    memset(&dev, 0, sizeof(dev));
    dev.port1_on = dev.port2_on = true;
    dev.config = 0x36; /* both clocks off, second port interrupts, system flag */
    return 0;
}

static void starts_the_first_port_with_translation(void **state)
{
    (void)state;
    assert_int_equal(i8042_start(&kbc), 0);
    assert_true(dev.port1_on);
    assert_false(dev.port2_on);
    assert_int_equal(dev.config, 0x65); /* interrupt, system flag, second clock off, translation */
    assert_int_equal(dev.to_keyboard, 0xf4);
}

static void throws_old_keys_away(void **state)
{
    (void)state;
    dev.output_count = 5;
    assert_int_equal(i8042_start(&kbc), 0);
    assert_int_equal(dev.config, 0x65);
    assert_int_equal(i8042_read(&kbc), -EAGAIN);
}

static void finds_no_controller(void **state)
{
    (void)state;
    dev.absent = true;
    assert_int_equal(i8042_start(&kbc), -ENODEV);
    assert_int_equal(i8042_read(&kbc), -EAGAIN);
    dev.absent = false;
    dev.deaf = true;
    assert_int_equal(i8042_start(&kbc), -ENODEV);
}

static void reads_keys_of_the_first_port(void **state)
{
    (void)state;
    assert_int_equal(i8042_start(&kbc), 0);
    dev.busy = 0;
    dev.output[0] = 0x1e;
    dev.output_count = 1;
    assert_int_equal(i8042_read(&kbc), 0x1e);
    assert_int_equal(i8042_read(&kbc), -EAGAIN);
    dev.output_count = 1;
    dev.from_second = true;
    assert_int_equal(i8042_read(&kbc), -EAGAIN);
    assert_int_equal(dev.output_count, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(starts_the_first_port_with_translation, start),
        cmocka_unit_test_setup(throws_old_keys_away, start),
        cmocka_unit_test_setup(finds_no_controller, start),
        cmocka_unit_test_setup(reads_keys_of_the_first_port, start),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
