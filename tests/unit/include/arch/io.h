/* SPDX-License-Identifier: MIT */
/* The host tests' devices are reached by io_read and io_write, and where a driver is in a hurry by
 * address; tests define both. */
#ifndef ARCH_IO_H
#define ARCH_IO_H

#include <keel/types.h>

#define ARCH_HAS_PORT_IO 1

uint32_t mmio_read32(const volatile void __iomem *addr);
void mmio_write32(volatile void __iomem *addr, uint32_t value);
void mmio_write64(volatile void __iomem *addr, uint64_t value);

#endif
