/* SPDX-License-Identifier: MIT */
/* The interrupts that a hart has for itself, for the drivers behind them; drivers/irqchip/riscv_intc.c
 * serves it. */
#ifndef ARCH_INTC_H
#define ARCH_INTC_H

#include <keel/irq.h>

/* Who takes the interrupts of devices: called on the hart that has one pending, interrupts off. Set
 * once. */
void riscv_intc_set_external(void (*handle)(void));

/* Requests a local line, by its number in scause; as irq_request_line(). -ENXIO: there is no driver for
 * the controller of this hart. */
int riscv_intc_request(unsigned hw, const struct irq_request *request, struct irq **out);

#endif
