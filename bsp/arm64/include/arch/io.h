/* SPDX-License-Identifier: MIT */
/*
 * Device registers. A read is complete before anything that follows it in the program; what
 * precedes a write in the program is visible to the device first (Arm ARM DDI 0487, B2.3). One
 * plain load or store each, which a hypervisor can emulate.
 */
#ifndef ARCH_IO_H
#define ARCH_IO_H

#include <keel/no_ports.h>
#include <keel/types.h>

/* There is no I/O port space: ports read as all ones and writes go nowhere. */
#define ARCH_HAS_PORT_IO 0

#define ARM64_IO(bits, load, store, prefix)                                                \
    static inline uint##bits##_t mmio_read##bits(const volatile void __iomem *addr)        \
    {                                                                                      \
        uint##bits##_t value;                                                              \
                                                                                           \
        __asm__ volatile(load " %" prefix "0, [%1]\n"                                      \
                              "dmb oshld"                                                  \
                         : "=r"(value)                                                     \
                         : "r"(addr)                                                       \
                         : "memory");                                                      \
        return value;                                                                      \
    }                                                                                      \
    static inline void mmio_write##bits(volatile void __iomem *addr, uint##bits##_t value) \
    {                                                                                      \
        __asm__ volatile("dmb oshst\n" store " %" prefix "0, [%1]"                         \
                         :                                                                 \
                         : "rZ"(value), "r"(addr)                                          \
                         : "memory");                                                      \
    }

ARM64_IO(8, "ldrb", "strb", "w")
ARM64_IO(16, "ldrh", "strh", "w")
ARM64_IO(32, "ldr", "str", "w")
ARM64_IO(64, "ldr", "str", "x")

#undef ARM64_IO

#endif
