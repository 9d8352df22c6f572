/* SPDX-License-Identifier: MIT */
/* The port that host tests run on: physical memory is one array, seen at `fake_ram`. */
#ifndef ARCH_LAYOUT_H
#define ARCH_LAYOUT_H

#include <keel/types.h>

#define PAGE_SHIFT       12
#define PAGE_SIZE        4096ul

#define KERNEL_VIRT_BASE 0xffffffff80000000ul
#define KERNEL_LAST      UINT64_MAX
#define DIRECT_MAP_BASE  ((virt_addr_t)fake_ram)
#define DIRECT_MAP_SIZE  (1ull << 46)
#define USER_TOP         (1ull << 47)
#define KMAP_BASE        0xffffc00000000000ul
#define KMAP_SIZE        (1ul << 40)

/* Byte 0 of physical memory; the test that needs one sets it. */
extern char *fake_ram;

static inline void *arch_phys_to_virt(phys_addr_t pa)
{
    return fake_ram + pa;
}

static inline phys_addr_t arch_virt_to_phys(const void *va)
{
    return (const char *)va - fake_ram;
}

static inline unsigned arch_phys_bits(void)
{
    return 46;
}

#endif
