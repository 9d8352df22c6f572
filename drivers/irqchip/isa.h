/* SPDX-License-Identifier: MIT */
/* Where the tree takes the lines of the ISA bus. */
#ifndef DRIVERS_IRQCHIP_ISA_H
#define DRIVERS_IRQCHIP_ISA_H

#include <keel/fdt.h>

/* The ISA bus; -ENOENT. */
int isa_node(void);

/* What ISA line `line` is to its controller, by the interrupt-map of that node. 0, or the errors of
 * fdt_interrupt_map(). */
int isa_interrupt(int isa, unsigned line, struct fdt_irq *out);

#endif
