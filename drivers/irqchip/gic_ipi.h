/* SPDX-License-Identifier: MIT */
/* The end of either GIC's probe: the machine's root controller, by which CPUs interrupt each other. */
#ifndef DRIVERS_IRQCHIP_GIC_IPI_H
#define DRIVERS_IRQCHIP_GIC_IPI_H

#include "gic.h"

/* Registers `chip` as that of `dev` and makes it the machine's root: `handle` takes every interrupt.
 * Requests its GIC_SGI_IPI, on this CPU and on each that comes up; `send` raises it. Errors of
 * irq_chip_register() and irq_request_line(). Once. */
int gic_become_root(struct irq_chip *chip, const struct device *dev, void (*handle)(void),
                    void (*send)(cpumask_t cpus));

#endif
