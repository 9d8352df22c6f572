/* SPDX-License-Identifier: MIT */
/* The GICv3, and what of GICv4 is the same (Arm IHI 0069H): registers only. */
#ifndef DRIVERS_IRQCHIP_GICV3_H
#define DRIVERS_IRQCHIP_GICV3_H

#include "gic.h"

#include <arch/gicv3.h>

#define GICV3_REGIONS_MAX 16u

#define GICR_CTLR         0x0000
#define GICR_TYPER        0x0008 /* and its upper half, the affinity, behind it */
#define GICR_WAKER        0x0014
#define GICR_SGI_FRAME    0x10000 /* the second frame: the CPU's own lines */

#define GICR_FRAME        UINT64_C(0x10000)
#define GICR_TYPER_VLPIS  BIT(1) /* GICv4: two more frames */
#define GICR_TYPER_LAST   BIT(4)
#define GICR_WAKER_SLEEP  BIT(1)
#define GICR_WAKER_ASLEEP BIT(2)

#define GICD_CTLR_ENABLE  (BIT(0) | BIT(1)) /* group 1, as either security state sees it */
#define GICD_CTLR_ARE     BIT(4)
#define CTLR_RWP_GICD     BIT(31)
#define CTLR_RWP_GICR     BIT(3)

struct gicv3 {
    struct io_region dist;
    struct io_region redist[GICV3_REGIONS_MAX]; /* ranges of redistributors */
    unsigned regions;
    uint64_t stride; /* bytes from one redistributor to the next; 0: as each tells */
    struct irq_chip chip;
    struct io_region own[CPUS_MAX]; /* the SGI frame of each CPU's redistributor */
    uint64_t affinity[CPUS_MAX];    /* of each CPU, as MPIDR_EL1 has it */
};

/* Brings the distributor and the calling CPU's part up, all lines masked, and fills the chip but for its
 * node. -ENODEV: the CPU lets nobody at the interface's registers; -ENXIO: no redistributor is the
 * CPU's; -ETIMEDOUT: it does not wake. */
int gicv3_start(struct gicv3 *gic);

/* The calling CPU's part alone; errors as above. */
int gicv3_start_cpu(struct gicv3 *gic);

/* Finds the redistributor of the CPU of that affinity; *out is its frames. -ENXIO. */
int gicv3_find_redist(const struct gicv3 *gic, uint64_t affinity, struct io_region *out);

/* Wakes the redistributor at `redist` and brings its lines to a known state, masked, in group 1.
 * -ETIMEDOUT. */
int gicv3_start_redist(const struct io_region *redist);

/* Waits until what was written to a distributor or redistributor has taken effect; `busy` is the bit of
 * its control register. -ETIMEDOUT. */
int gicv3_settle(const struct io_region *io, uint32_t busy);

/* Acknowledges and dispatches until nothing is pending. Interrupts off. */
void gicv3_handle(struct gicv3 *gic);

/* Raises GIC_SGI_IPI at each CPU of the set. */
void gicv3_send(const struct gicv3 *gic, cpumask_t cpus);

#endif
