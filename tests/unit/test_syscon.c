/* SPDX-License-Identifier: MIT */
/* Power off and reset by registers that trees name in all the ways the bindings allow. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../../drivers/power/syscon.c"

#include "fake_io.h"
#include <keel/fdt_build.h>

struct fdt system_fdt;

static uint8_t blob[4096] __aligned(8);
static uint32_t registers[8];
static struct power_ops *registered;
static unsigned int registrations;

static uint32_t fake_read(const struct io_region *io, uint32_t offset, unsigned int width)
{
    assert_int_equal(io->phys, 0x100000);
    assert_int_equal(width, 4);
    return registers[offset / 4];
}

static void fake_write(const struct io_region *io, uint32_t offset, uint32_t value,
                       unsigned int width)
{
    assert_int_equal(io->phys, 0x100000);
    assert_int_equal(width, 4);
    registers[offset / 4] = value;
}

int device_registers(struct device *dev, unsigned index, struct io_region *out)
{
    phys_addr_t base;
    uint64_t size;
    int status = fdt_reg(&system_fdt, dev->node, index, &base, &size);

    *out = (struct io_region){.base = (void __iomem *)registers, .size = size, .phys = base};
    return status;
}

void power_register(struct power_ops *ops)
{
    registered = ops;
    registrations++;
}

struct shape {
    int value, mask, offset, reg; /* negative: the property is not there */
    bool child;                   /* below the block, instead of a regmap */
};

static void number(struct fdt_build *b, const char *name, int value)
{
    if (value >= 0) {
        fdt_build_u32(b, name, (uint32_t)value);
    }
}

static void off_node(struct fdt_build *b, const struct shape *shape)
{
    const uint32_t reg[2] = {(uint32_t)shape->reg, 4};

    fdt_build_node(b, "off");
    number(b, "value", shape->value);
    number(b, "mask", shape->mask);
    number(b, "offset", shape->offset);
    if (!shape->child) {
        fdt_build_u32(b, "regmap", 1);
    }
    if (shape->reg >= 0) {
        fdt_build_cells(b, "reg", reg, 2);
    }
    fdt_build_node_end(b);
}

static int probe_shape(struct shape shape)
{
    const uint32_t reg[2] = {0x100000, sizeof(registers)};
    struct device dev = {.driver = NULL};
    struct fdt_build b;
    uint32_t size;

    fdt_build_begin(&b, blob, sizeof(blob));
    fdt_build_node(&b, "");
    fdt_build_u32(&b, "#address-cells", 1);
    fdt_build_u32(&b, "#size-cells", 1);
    fdt_build_node(&b, "block");
    fdt_build_cells(&b, "reg", reg, 2);
    fdt_build_u32(&b, "phandle", 1);
    fdt_build_u32(&b, "#address-cells", 1);
    fdt_build_u32(&b, "#size-cells", 1);
    if (shape.child) {
        off_node(&b, &shape);
    }
    fdt_build_node_end(&b);
    if (!shape.child) {
        off_node(&b, &shape);
    }
    fdt_build_node_end(&b);
    assert_int_equal(fdt_build_finish(&b, &size), 0);
    assert_int_equal(fdt_check(blob, size, &system_fdt), 0);
    dev.node = fdt_find(&system_fdt, shape.child ? "/block/off" : "/off");
    memset(&off_register, 0, sizeof(off_register));
    memset(registers, 0xff, sizeof(registers));
    registrations = 0;
    return poweroff_probe(&dev);
}

/* What register 1 holds after the machine was turned off. */
static uint32_t value_written(struct shape shape)
{
    assert_int_equal(probe_shape(shape), 0);
    assert_int_equal(registrations, 1);
    registered->off(registered, 0);
    for (unsigned int i = 0; i < ARRAY_SIZE(registers); i++) {
        assert_true(i == 1 || registers[i] == UINT32_MAX);
    }
    return registers[1];
}

static void test_values(void **state)
{
    (void)state;
    assert_int_equal(value_written((struct shape){0x5555, -1, 4, -1, false}), 0x5555);
    assert_int_equal(value_written((struct shape){-1, 0x20, 4, -1, false}), 0x20);
    assert_int_equal(value_written((struct shape){0x21, 0xf0, 4, -1, false}), 0xffffff2f);
    assert_int_equal(value_written((struct shape){7, -1, -1, 4, true}), 7);
    assert_int_equal(value_written((struct shape){7, -1, 4, -1, true}), 7);
}

static void test_refused(void **state)
{
    (void)state;
    assert_int_equal(probe_shape((struct shape){-1, -1, 4, -1, false}), -EINVAL);
    assert_int_equal(probe_shape((struct shape){1, -1, sizeof(registers), -1, false}), -EINVAL);
    assert_int_equal(probe_shape((struct shape){1, -1, sizeof(registers) - 3, -1, false}), -EINVAL);
    assert_int_equal(probe_shape((struct shape){1, -1, -1, -1, false}), -ENOENT);
    assert_int_equal(registrations, 0);
}

static void test_second(void **state)
{
    struct device dev = {.driver = NULL};

    (void)state;
    assert_int_equal(probe_shape((struct shape){1, -1, 4, -1, false}), 0);
    dev.node = fdt_find(&system_fdt, "/off");
    assert_int_equal(poweroff_probe(&dev), -EBUSY);
    assert_int_equal(registrations, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_values),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_second),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
