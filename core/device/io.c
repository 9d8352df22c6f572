/* SPDX-License-Identifier: MIT */
/* Registers of devices, in memory or as I/O ports, by one set of accessors. */
#include <arch/io.h>
#include <keel/driver.h>

static uint16_t port_at(const struct io_region *io, uint32_t offset)
{
    return (uint16_t)(io->port + offset);
}

static void __iomem *address_at(const struct io_region *io, uint32_t offset)
{
    return (uint8_t __iomem *)io->base + offset;
}

uint8_t io_read8(const struct io_region *io, uint32_t offset)
{
    return io->base ? mmio_read8(address_at(io, offset)) : port_read8(port_at(io, offset));
}

uint16_t io_read16(const struct io_region *io, uint32_t offset)
{
    return io->base ? mmio_read16(address_at(io, offset)) : port_read16(port_at(io, offset));
}

uint32_t io_read32(const struct io_region *io, uint32_t offset)
{
    return io->base ? mmio_read32(address_at(io, offset)) : port_read32(port_at(io, offset));
}

void io_write8(const struct io_region *io, uint32_t offset, uint8_t value)
{
    if (io->base) {
        mmio_write8(address_at(io, offset), value);
    } else {
        port_write8(port_at(io, offset), value);
    }
}

void io_write16(const struct io_region *io, uint32_t offset, uint16_t value)
{
    if (io->base) {
        mmio_write16(address_at(io, offset), value);
    } else {
        port_write16(port_at(io, offset), value);
    }
}

void io_write32(const struct io_region *io, uint32_t offset, uint32_t value)
{
    if (io->base) {
        mmio_write32(address_at(io, offset), value);
    } else {
        port_write32(port_at(io, offset), value);
    }
}

void io_write8_all(const struct io_region *io, uint32_t offset, const void *bytes, size_t len)
{
    const uint8_t *from = bytes;

    for (size_t i = 0; i < len; i++) {
        io_write8(io, offset, from[i]);
    }
}
