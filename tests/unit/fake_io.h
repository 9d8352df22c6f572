/* SPDX-License-Identifier: MIT */
/* Registers of a device that the test plays: every access comes to fake_read() and fake_write(),
 * which the test defines, with its width in bytes. */
#ifndef TESTS_UNIT_FAKE_IO_H
#define TESTS_UNIT_FAKE_IO_H

#include <keel/driver.h>

static uint32_t fake_read(const struct io_region *io, uint32_t offset, unsigned int width);
static void fake_write(const struct io_region *io, uint32_t offset, uint32_t value,
                       unsigned int width);

uint8_t io_read8(const struct io_region *io, uint32_t offset)
{
    return (uint8_t)fake_read(io, offset, 1);
}

uint16_t io_read16(const struct io_region *io, uint32_t offset)
{
    return (uint16_t)fake_read(io, offset, 2);
}

uint32_t io_read32(const struct io_region *io, uint32_t offset)
{
    return fake_read(io, offset, 4);
}

void io_write8(const struct io_region *io, uint32_t offset, uint8_t value)
{
    fake_write(io, offset, value, 1);
}

void io_write16(const struct io_region *io, uint32_t offset, uint16_t value)
{
    fake_write(io, offset, value, 2);
}

void io_write32(const struct io_region *io, uint32_t offset, uint32_t value)
{
    fake_write(io, offset, value, 4);
}

void io_write8_all(const struct io_region *io, uint32_t offset, const void *bytes, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        fake_write(io, offset, ((const uint8_t *)bytes)[i], 1);
    }
}

#endif
