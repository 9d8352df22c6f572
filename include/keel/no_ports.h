/* SPDX-License-Identifier: MIT */
/* I/O ports where there are none: reads give all ones, as an empty bus does, and writes go nowhere. For the
 * <arch/io.h> of such ports of the kernel. */
#ifndef KEEL_NO_PORTS_H
#define KEEL_NO_PORTS_H

#include <keel/types.h>

static inline uint8_t port_read8(uint16_t port)
{
    (void)port;
    return UINT8_MAX;
}

static inline uint16_t port_read16(uint16_t port)
{
    (void)port;
    return UINT16_MAX;
}

static inline uint32_t port_read32(uint16_t port)
{
    (void)port;
    return UINT32_MAX;
}

static inline void port_write8(uint16_t port, uint8_t value)
{
    (void)port;
    (void)value;
}

static inline void port_write16(uint16_t port, uint16_t value)
{
    (void)port;
    (void)value;
}

static inline void port_write32(uint16_t port, uint32_t value)
{
    (void)port;
    (void)value;
}

#endif
