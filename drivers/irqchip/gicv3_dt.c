/* SPDX-License-Identifier: MIT */
/* The GICv3 of the device tree (binding arm,gic-v3) as the machine's root controller. */
#include "gicv3.h"

#include "gic_ipi.h"

#include <keel/errno.h>

#define GICD_SIZE_MIN 0x8000 /* up to the routes */

static struct gicv3 gic;

static void handle(void)
{
    gicv3_handle(&gic);
}

static void send_ipi(cpumask_t cpus)
{
    gicv3_send(&gic, cpus);
}

/* The distributor is the first range, redistributors are as many as the next property says. */
static int find_registers(struct device *dev)
{
    uint32_t regions = 1;
    int err = device_registers(dev, 0, &gic.dist);

    (void)fdt_prop_u32(&system_fdt, dev->node, "#redistributor-regions", &regions);
    (void)fdt_prop_number(&system_fdt, dev->node, "redistributor-stride", &gic.stride);
    if (regions > GICV3_REGIONS_MAX || gic.stride % (2 * GICR_FRAME) != 0 ||
        (err == 0 && gic.dist.size < GICD_SIZE_MIN)) {
        return -EINVAL;
    }
    for (gic.regions = 0; err == 0 && gic.regions < regions; gic.regions++) {
        err = device_registers(dev, gic.regions + 1, &gic.redist[gic.regions]);
    }
    return err;
}

static int gicv3_probe(struct device *dev)
{
    int err = gic.chip.ops ? -EBUSY : find_registers(dev);

    if (err == 0) {
        err = gicv3_start(&gic);
    }
    return err < 0 ? err : gic_become_root(&gic.chip, dev, handle, send_ipi);
}

static const char *const compatible[] = {"arm,gic-v3", NULL};

DRIVER(gicv3, .name = "gicv3", .compatible = compatible, .level = DRIVER_IRQCHIP,
       .probe = gicv3_probe);
