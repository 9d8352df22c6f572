/* SPDX-License-Identifier: MIT */
/* Power off and reset by a value in a register that the tree names (bindings syscon-poweroff and
 * syscon-reboot). */
#include "priority.h"

#include <keel/driver.h>
#include <keel/errno.h>
#include <keel/power.h>

struct syscon_register {
    struct io_region io;
    uint32_t offset;
    uint32_t value;
    uint32_t mask; /* bits that are written */
};

static struct syscon_register off_register;
static struct syscon_register reboot_register;

static void write_register(const struct syscon_register *reg)
{
    uint32_t kept = reg->mask == UINT32_MAX ? 0 : io_read32(&reg->io, reg->offset) & ~reg->mask;

    io_write32(&reg->io, reg->offset, kept | (reg->value & reg->mask));
}

static void syscon_off(struct power_ops *ops, unsigned status)
{
    write_register(&off_register);
}

static void syscon_reboot(struct power_ops *ops)
{
    write_register(&reboot_register);
}

static struct power_ops off_ops = {
    .name = "syscon-poweroff", .priority = POWER_REGISTERS, .off = syscon_off};
static struct power_ops reboot_ops = {
    .name = "syscon-reboot", .priority = POWER_REGISTERS, .reboot = syscon_reboot};

/* `value` alone writes the whole register, `mask` alone is written as it is (old trees), both write
 * the masked bits. */
static int read_values(int node, struct syscon_register *reg)
{
    int has_value = fdt_prop_u32(&system_fdt, node, "value", &reg->value);
    int has_mask = fdt_prop_u32(&system_fdt, node, "mask", &reg->mask);

    if (has_value < 0 && has_mask < 0) {
        return -EINVAL;
    }
    if (has_value < 0) {
        reg->value = reg->mask;
    }
    if (has_value < 0 || has_mask < 0) {
        reg->mask = UINT32_MAX;
    }
    return 0;
}

/* The register block: behind `regmap`, or the node above. */
static int regmap_node(int node)
{
    struct fdt_args regmap;

    if (fdt_phandle_args(&system_fdt, node, "regmap", NULL, 0, &regmap) == 0) {
        return regmap.node;
    }
    return fdt_parent(&system_fdt, node);
}

static int read_register(struct device *dev, struct syscon_register *reg)
{
    struct device block = {.node = regmap_node(dev->node)};
    uint64_t base, size;
    int status = read_values(dev->node, reg);

    if (status < 0 || (status = device_registers(&block, 0, &reg->io)) < 0) {
        return status;
    }
    if (fdt_prop_u32(&system_fdt, dev->node, "offset", &reg->offset) < 0) {
        status = fdt_reg_raw(&system_fdt, dev->node, 0, &base, &size);
        if (status < 0) {
            return status;
        }
        reg->offset = (uint32_t)base;
    }
    return reg->io.size >= 4 && reg->offset <= reg->io.size - 4 ? 0 : -EINVAL;
}

static int probe(struct device *dev, struct syscon_register *reg, struct power_ops *ops)
{
    struct syscon_register found = {.offset = 0};
    int status = reg->io.size ? -EBUSY : read_register(dev, &found);

    if (status == 0) {
        *reg = found;
        power_register(ops);
    }
    return status;
}

static int poweroff_probe(struct device *dev)
{
    return probe(dev, &off_register, &off_ops);
}

static int reboot_probe(struct device *dev)
{
    return probe(dev, &reboot_register, &reboot_ops);
}

static const char *const poweroff_compatible[] = {"syscon-poweroff", NULL};
static const char *const reboot_compatible[] = {"syscon-reboot", NULL};

DRIVER(syscon_poweroff, .name = "syscon-poweroff", .compatible = poweroff_compatible,
       .level = DRIVER_POWER, .probe = poweroff_probe);
DRIVER(syscon_reboot, .name = "syscon-reboot", .compatible = reboot_compatible,
       .level = DRIVER_POWER, .probe = reboot_probe);
