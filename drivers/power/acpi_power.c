/* SPDX-License-Identifier: MIT */
/* Power off and reset of machines with ACPI, without its byte code (ACPI 6.5, sections 4.8.3.2 and
 * 4.8.3.6; binding keel,acpi-power). */
#include "priority.h"

#include <arch/io.h>
#include <keel/clock.h>
#include <keel/driver.h>
#include <keel/errno.h>
#include <keel/power.h>
#include <keel/vm.h>

#define PM1_SLP_TYP_SHIFT 10
#define PM1_SLP_TYP_MASK  (7u << PM1_SLP_TYP_SHIFT)
#define PM1_SLP_EN        (1u << 13)
#define PM1_SCI_EN        (1u << 0)
#define ENABLE_TRIES      3000 /* of ENABLE_WAIT_US each: firmware may take seconds */
#define ENABLE_WAIT_US    1000
#define SLEEP_WAIT_US     500000
#define RESET_WAIT_US     100000
#define BLOCKS_MAX        2
#define SPACE_MEMORY      0

static struct {
    unsigned int blocks;
    uint16_t port[BLOCKS_MAX]; /* PM1a_CNT, PM1b_CNT */
    uint8_t slp_typ[BLOCKS_MAX];
    uint16_t smi_port; /* 0: ACPI mode is on */
    uint8_t enable_value;
    uint16_t reset_port;
    uint8_t __iomem *reset_address;
    uint8_t reset_value;
} acpi;

/* Sleep registers work in ACPI mode alone; firmware switches it on when asked. */
static void enter_acpi_mode(void)
{
    if (acpi.smi_port == 0 || (port_read16(acpi.port[0]) & PM1_SCI_EN)) {
        return;
    }
    port_write8(acpi.smi_port, acpi.enable_value);
    for (unsigned int i = 0; i < ENABLE_TRIES && !(port_read16(acpi.port[0]) & PM1_SCI_EN); i++) {
        clock_delay_us(ENABLE_WAIT_US);
    }
}

static void write_sleep(unsigned int block, uint16_t enable)
{
    uint16_t kept = port_read16(acpi.port[block]) & (UINT16_MAX ^ (PM1_SLP_TYP_MASK | PM1_SLP_EN));
    uint16_t type = (uint16_t)(acpi.slp_typ[block] << PM1_SLP_TYP_SHIFT);

    port_write16(acpi.port[block], kept | type | enable);
}

static void acpi_off(struct power_ops *ops, unsigned status)
{
    enter_acpi_mode();
    for (unsigned int i = 0; i < acpi.blocks; i++) {
        write_sleep(i, 0);
    }
    for (unsigned int i = 0; i < acpi.blocks; i++) {
        write_sleep(i, PM1_SLP_EN);
    }
    clock_delay_us(SLEEP_WAIT_US);
}

static void acpi_reboot(struct power_ops *ops)
{
    if (acpi.reset_address) {
        mmio_write8(acpi.reset_address, acpi.reset_value);
    } else {
        port_write8(acpi.reset_port, acpi.reset_value);
    }
    clock_delay_us(RESET_WAIT_US);
}

static struct power_ops off_ops = {.name = "acpi", .priority = POWER_FIRMWARE, .off = acpi_off};
static struct power_ops reboot_ops = {
    .name = "acpi", .priority = POWER_FIRMWARE, .reboot = acpi_reboot};

static int read_sleep(int node)
{
    uint32_t port, type;

    for (uint32_t i = 0; i < BLOCKS_MAX; i++) {
        if (fdt_prop_cell(&system_fdt, node, "keel,pm1-control-ports", i, &port) < 0) {
            break;
        }
        if (fdt_prop_cell(&system_fdt, node, "keel,s5-sleep-types", i, &type) < 0 || port == 0 ||
            port > UINT16_MAX || type > PM1_SLP_TYP_MASK >> PM1_SLP_TYP_SHIFT) {
            return -EINVAL;
        }
        acpi.port[i] = (uint16_t)port;
        acpi.slp_typ[i] = (uint8_t)type;
        acpi.blocks = i + 1;
    }
    return acpi.blocks > 0 ? 0 : -ENOENT;
}

static void read_enable(int node)
{
    uint32_t port, value;

    if (fdt_prop_cell(&system_fdt, node, "keel,acpi-enable", 0, &port) == 0 &&
        fdt_prop_cell(&system_fdt, node, "keel,acpi-enable", 1, &value) == 0) {
        acpi.smi_port = (uint16_t)port;
        acpi.enable_value = (uint8_t)value;
    }
}

static int read_reset(int node)
{
    uint32_t cells[4];

    for (uint32_t i = 0; i < 4; i++) {
        int status = fdt_prop_cell(&system_fdt, node, "keel,reset-register", i, &cells[i]);

        if (status < 0) {
            return status;
        }
    }
    acpi.reset_value = (uint8_t)cells[3];
    if (cells[0] == SPACE_MEMORY) {
        phys_addr_t address = (phys_addr_t)cells[1] << 32 | cells[2];

        acpi.reset_address = vm_map_device(address, 1, VM_DEVICE);
        return acpi.reset_address ? 0 : -ENOMEM;
    }
    acpi.reset_port = (uint16_t)cells[2];
    return cells[1] == 0 && cells[2] <= UINT16_MAX ? 0 : -EINVAL;
}

static int acpi_power_probe(struct device *dev)
{
    int off;
    int reset;

    if (acpi.blocks > 0) {
        return -EBUSY;
    }
    off = read_sleep(dev->node);
    reset = read_reset(dev->node);
    read_enable(dev->node);
    if (off == 0) {
        power_register(&off_ops);
    }
    if (reset == 0) {
        power_register(&reboot_ops);
    }
    return off == 0 || reset == 0 ? 0 : off;
}

static const char *const compatible[] = {"keel,acpi-power", NULL};

DRIVER(acpi_power, .name = "acpi-power", .compatible = compatible, .level = DRIVER_POWER,
       .probe = acpi_power_probe);
