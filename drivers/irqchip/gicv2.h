/* SPDX-License-Identifier: MIT */
/* The GICv2 (Arm IHI 0048B), as it is next to the CPUs: registers only. */
#ifndef DRIVERS_IRQCHIP_GICV2_H
#define DRIVERS_IRQCHIP_GICV2_H

#include "gic.h"

#define GICC_CTLR 0x00
#define GICC_PMR  0x04
#define GICC_BPR  0x08
#define GICC_IAR  0x0c
#define GICC_EOIR 0x10
#define GICC_APR0 0xd0

struct gicv2 {
    struct io_region dist;
    struct io_region cpu; /* each CPU sees its own interface there */
    struct irq_chip chip;
    uint8_t target[CPUS_MAX]; /* the CPU's interface, as one bit */
};

/* Brings the distributor and the calling CPU's interface up, all lines masked, and fills the chip but
 * for its node. -ENXIO: no CPU's interface is there. */
int gicv2_start(struct gicv2 *gic);

/* The calling CPU's part alone. -ENXIO as above. */
int gicv2_start_cpu(struct gicv2 *gic);

/* Acknowledges and dispatches until nothing is pending. Interrupts off. */
void gicv2_handle(struct gicv2 *gic);

/* Raises GIC_SGI_IPI at each CPU of the set. */
void gicv2_send(struct gicv2 *gic, cpumask_t cpus);

#endif
