/* SPDX-License-Identifier: MIT */
/* Cells of PCI addresses and rows of a host bridge's interrupt-map (PCI Bus Binding 2.1, 2.2.1.1). */
#ifndef DTS_PCI_H
#define DTS_PCI_H

/* phys.hi: the space of an address. */
#define PCI_IO    0x01000000
#define PCI_MEM32 0x02000000
#define PCI_MEM64 0x03000000

/* phys.hi of a device, and the unit part of an interrupt-map's row and mask. */
#define PCI_DEVICE(slot)   ((slot) << 11) 0 0
#define PCI_INTA           1
#define PCI_INTB           2
#define PCI_INTC           3
#define PCI_INTD           4
#define PCI_INT_MASK       7

#endif
