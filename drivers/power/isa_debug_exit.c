/* SPDX-License-Identifier: MIT */
/* The port that ends an emulated PC with an exit status (binding qemu,isa-debug-exit): status N comes
 * out as 2N + 1, so that for 0 any other way off is better. Without the device nothing happens and
 * the next way is tried. */
#include "priority.h"

#include <keel/driver.h>
#include <keel/errno.h>
#include <keel/power.h>

#define STATUS_MAX 127u /* 2N + 1 is a byte: more would come out as less, 128 as success */

static struct io_region port;

static void exit_any(struct power_ops *ops, unsigned status)
{
    io_write8(&port, 0, (uint8_t)MIN(status, STATUS_MAX));
}

static void exit_failure(struct power_ops *ops, unsigned status)
{
    if (status != 0) {
        exit_any(ops, status);
    }
}

static struct power_ops failure_ops = {
    .name = "isa-debug-exit", .priority = POWER_CARRIES_STATUS, .off = exit_failure};
static struct power_ops any_ops = {
    .name = "isa-debug-exit", .priority = POWER_LAST, .off = exit_any};

static int debug_exit_probe(struct device *dev)
{
    int status = port.size ? -EBUSY : device_registers(dev, 0, &port);

    if (status == 0) {
        power_register(&failure_ops);
        power_register(&any_ops);
    }
    return status;
}

static const char *const compatible[] = {"qemu,isa-debug-exit", NULL};

DRIVER(isa_debug_exit, .name = "isa-debug-exit", .compatible = compatible, .level = DRIVER_POWER,
       .probe = debug_exit_probe);
