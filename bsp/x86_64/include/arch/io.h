/* SPDX-License-Identifier: MIT */
/* Device registers in memory and I/O ports. Device memory is mapped uncached, where x86 keeps
 * accesses in program order: the compiler is all that has to be told. */
#ifndef ARCH_IO_H
#define ARCH_IO_H

#include <keel/types.h>

#define ARCH_HAS_PORT_IO 1

/* One access of exactly that width, by an instruction every hypervisor can decode. */
#define ARCH_MMIO_READ(bits, suffix, reg)                                           \
    static inline uint##bits##_t mmio_read##bits(const volatile void __iomem *addr) \
    {                                                                               \
        uint##bits##_t value;                                                       \
        __asm__ volatile("mov" suffix " %1, %0"                                     \
                         : reg(value)                                               \
                         : "m"(*(const volatile uint##bits##_t __force *)addr)      \
                         : "memory");                                               \
        return value;                                                               \
    }
#define ARCH_MMIO_WRITE(bits, suffix, reg)                                                 \
    static inline void mmio_write##bits(volatile void __iomem *addr, uint##bits##_t value) \
    {                                                                                      \
        __asm__ volatile("mov" suffix " %0, %1"                                            \
                         :                                                                 \
                         : reg(value), "m"(*(volatile uint##bits##_t __force *)addr)       \
                         : "memory");                                                      \
    }

ARCH_MMIO_READ(8, "b", "=q")
ARCH_MMIO_READ(16, "w", "=r")
ARCH_MMIO_READ(32, "l", "=r")
ARCH_MMIO_READ(64, "q", "=r")
ARCH_MMIO_WRITE(8, "b", "q")
ARCH_MMIO_WRITE(16, "w", "r")
ARCH_MMIO_WRITE(32, "l", "r")
ARCH_MMIO_WRITE(64, "q", "r")

/* I/O space (Intel SDM volume 1, chapter 19). */
static inline uint8_t port_read8(uint16_t port)
{
    uint8_t value;

    __asm__ volatile("inb %1, %0" : "=a"(value) : "Nd"(port) : "memory");
    return value;
}

static inline uint16_t port_read16(uint16_t port)
{
    uint16_t value;

    __asm__ volatile("inw %1, %0" : "=a"(value) : "Nd"(port) : "memory");
    return value;
}

static inline uint32_t port_read32(uint16_t port)
{
    uint32_t value;

    __asm__ volatile("inl %1, %0" : "=a"(value) : "Nd"(port) : "memory");
    return value;
}

static inline void port_write8(uint16_t port, uint8_t value)
{
    __asm__ volatile("outb %0, %1" : : "a"(value), "Nd"(port) : "memory");
}

static inline void port_write16(uint16_t port, uint16_t value)
{
    __asm__ volatile("outw %0, %1" : : "a"(value), "Nd"(port) : "memory");
}

static inline void port_write32(uint16_t port, uint32_t value)
{
    __asm__ volatile("outl %0, %1" : : "a"(value), "Nd"(port) : "memory");
}

#endif
