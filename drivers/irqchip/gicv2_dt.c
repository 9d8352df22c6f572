/* SPDX-License-Identifier: MIT */
/* The GICv2 of the device tree (binding arm,gic) as the machine's root controller. */
#include "gicv2.h"

#include "gic_ipi.h"

#include <keel/errno.h>

#define GICD_SIZE_MIN 0x1000
#define GICC_SIZE_MIN 0x100

static struct gicv2 gic;

static void handle(void)
{
    gicv2_handle(&gic);
}

static void send_ipi(cpumask_t cpus)
{
    gicv2_send(&gic, cpus);
}

static int gicv2_probe(struct device *dev)
{
    int err = gic.chip.ops ? -EBUSY : device_registers(dev, 0, &gic.dist);

    if (err == 0) {
        err = device_registers(dev, 1, &gic.cpu);
    }
    if (err == 0 && (gic.dist.size < GICD_SIZE_MIN || gic.cpu.size < GICC_SIZE_MIN)) {
        err = -EINVAL;
    }
    if (err == 0) {
        err = gicv2_start(&gic);
    }
    return err < 0 ? err : gic_become_root(&gic.chip, dev, handle, send_ipi);
}

static const char *const compatible[] = {"arm,gic-400", "arm,cortex-a15-gic", "arm,cortex-a7-gic",
                                         "qcom,msm-qgic2", NULL};

DRIVER(gicv2, .name = "gicv2", .compatible = compatible, .level = DRIVER_IRQCHIP,
       .probe = gicv2_probe);
