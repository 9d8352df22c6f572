/* SPDX-License-Identifier: MIT */
/* The lines of the ISA bus in the tree. */
#include "isa.h"

#include <keel/driver.h>

#define UNIT_CELLS 2u

int isa_node(void)
{
    return fdt_next_compatible(&system_fdt, -1, "isa");
}

int isa_interrupt(int isa, unsigned line, struct fdt_irq *out)
{
    static const uint32_t unit[UNIT_CELLS];
    uint32_t cell = line;

    return isa < 0 ? isa : fdt_interrupt_map(&system_fdt, isa, unit, UNIT_CELLS, &cell, 1, out);
}
