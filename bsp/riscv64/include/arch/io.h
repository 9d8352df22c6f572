/* SPDX-License-Identifier: MIT */
/* Access to device registers, ordered against memory as drivers expect (RISC-V memory model,
 * Unprivileged Architecture 2.7: fences with the i and o bits). */
#ifndef ARCH_IO_H
#define ARCH_IO_H

#include <keel/no_ports.h>
#include <keel/types.h>

#define ARCH_HAS_PORT_IO 0

/* A read is done before any later access; a write comes after all earlier accesses. */
#define ARCH_MMIO(width, load, store)                                                             \
    static inline uint##width##_t mmio_read##width(const volatile void __iomem *addr)             \
    {                                                                                             \
        uint##width##_t value;                                                                    \
                                                                                                  \
        __asm__ volatile(load " %0, 0(%1)\n\tfence i, ior" : "=r"(value) : "r"(addr) : "memory"); \
        return value;                                                                             \
    }                                                                                             \
                                                                                                  \
    static inline void mmio_write##width(volatile void __iomem *addr, uint##width##_t value)      \
    {                                                                                             \
        __asm__ volatile("fence iow, o\n\t" store " %z0, 0(%1)" ::"rJ"(value), "r"(addr)          \
                         : "memory");                                                             \
    }

ARCH_MMIO(8, "lbu", "sb")
ARCH_MMIO(16, "lhu", "sh")
ARCH_MMIO(32, "lwu", "sw")
ARCH_MMIO(64, "ld", "sd")

#endif
