/* SPDX-License-Identifier: MIT */
/* The software-generated interrupt by which CPUs interrupt each other. */
#ifndef DRIVERS_IRQCHIP_GIC_IPI_H
#define DRIVERS_IRQCHIP_GIC_IPI_H

#include "gic.h"

/* Requests GIC_SGI_IPI of the registered chip, on this CPU and on each that comes up; `send` raises it.
 * Errors of irq_request_line(). Once. */
int gic_start_ipi(struct irq_chip *chip, void (*send)(cpumask_t cpus));

#endif
