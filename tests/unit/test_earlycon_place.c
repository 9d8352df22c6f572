/* SPDX-License-Identifier: MIT */
/* Options of early consoles and of serial ports, as users type them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "../../drivers/serial/earlycon_place.c"

static uint8_t device[4096];
static unsigned int width_read;
static bool faults;
static bool no_room;

void __iomem *vm_map_device(phys_addr_t pa, uint64_t size, uint32_t memory_type)
{
    assert_int_equal(memory_type, VM_DEVICE);
    assert_true(size > 0 && pa + size > pa);
    return no_room ? NULL : (void __iomem *)device;
}

int arch_read_nofault(virt_addr_t va, unsigned width, uint64_t *value)
{
    assert_int_equal(va, (virt_addr_t)device);
    width_read = width;
    *value = 0;
    return faults ? -EFAULT : 0;
}

static struct earlycon_place place;

static int setup(void **state)
{
    (void)state;
    faults = false;
    no_room = false;
    width_read = 0;
    return 0;
}

static void test_memory(void **state)
{
    (void)state;
    assert_int_equal(earlycon_place("0x9000000", 0x48, &place), 0);
    assert_int_equal(place.io.phys, 0x9000000);
    assert_int_equal(place.io.size, 0x48);
    assert_int_equal(place.io_width, 1);
    assert_int_equal(width_read, 1);
    assert_int_equal(earlycon_place("mmio,0x9000000,115200n8", 8, &place), 0);
    assert_int_equal(place.reg_shift, 0);
    assert_int_equal(earlycon_place("mmio32,0xfe215040", 8, &place), 0);
    assert_int_equal(place.io_width, 4);
    assert_int_equal(place.reg_shift, 2);
    assert_int_equal(place.io.size, 32);
    assert_int_equal(width_read, 4);
}

static void test_ports(void **state)
{
    (void)state;
    assert_int_equal(earlycon_place("io,0x3f8", 8, &place), 0);
    assert_null(place.io.base);
    assert_int_equal(place.io.port, 0x3f8);
    assert_int_equal(earlycon_place("io,0xfff8", 8, &place), 0);
    assert_int_equal(earlycon_place("io,0xfff9", 8, &place), -ENXIO);
    assert_int_equal(earlycon_place("io,0x100000000003f8", 8, &place), -ENXIO);
}

static void test_refused(void **state)
{
    static const char *const bad[] = {"",
                                      ",",
                                      "mmio",
                                      "mmio,",
                                      "io",
                                      "mmio32,",
                                      "mmio,mmio,1",
                                      "x",
                                      "0x",
                                      "0x1g",
                                      "mmio64,0x10",
                                      "-1",
                                      "0xffffffffffffffff1",
                                      "0xffffffffffffffff",
                                      "mmio32,0x9000001"};
    char huge[5000];

    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_int_equal(earlycon_place(bad[i], 8, &place), -EINVAL);
    }
    memset(huge, '1', sizeof(huge));
    huge[sizeof(huge) - 1] = '\0';
    assert_int_equal(earlycon_place(huge, 8, &place), -EINVAL);
    faults = true;
    assert_int_equal(earlycon_place("0x9000000", 8, &place), -ENXIO);
    no_room = true;
    assert_int_equal(earlycon_place("0x9000000", 8, &place), -ENOMEM);
}

static void test_baud(void **state)
{
    (void)state;
    assert_int_equal(serial_options_baud("115200n8"), 115200);
    assert_int_equal(serial_options_baud("9600"), 9600);
    assert_int_equal(serial_options_baud("1500000n8r"), 1500000);
    assert_int_equal(serial_options_baud(""), SERIAL_BAUD);
    assert_int_equal(serial_options_baud("n8"), SERIAL_BAUD);
    assert_int_equal(serial_options_baud("0"), SERIAL_BAUD);
    assert_int_equal(serial_options_baud("4294967296"), SERIAL_BAUD);
    assert_int_equal(serial_options_baud("99999999999999999999"), SERIAL_BAUD);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_memory, setup),
        cmocka_unit_test_setup(test_ports, setup),
        cmocka_unit_test_setup(test_refused, setup),
        cmocka_unit_test_setup(test_baud, setup),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
