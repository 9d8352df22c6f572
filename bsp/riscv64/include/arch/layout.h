/* SPDX-License-Identifier: MIT */
/* The address-space map. Usable from assembly and from the linker script. */
#ifndef ARCH_LAYOUT_H
#define ARCH_LAYOUT_H

/*
 *                Sv39 (three levels)                    Sv48 (four levels)
 * user           0 .. 0x3f_ffff_ffff                    0 .. 0x7fff_ffff_ffff
 * direct map     0xffffffc0_00000000, 128 GiB           0xffff8000_00000000, 64 TiB
 * mapping area   0xffffffe0_00000000, 64 GiB            0xffffc000_00000000, 64 GiB
 * kernel image   0xffffffff_80000000 by default         the same
 *
 * Each area starts at a top-level entry of its own in either mode. The entry code asks the CPU
 * which
 * mode it has, so the map is a variable. With Sv39 physical addresses from 128 GiB up are out of
 * the kernel's reach.
 */

#define PAGE_SHIFT 12
#ifdef __ASSEMBLY__
#define PAGE_SIZE (1 << PAGE_SHIFT)
#else
#define PAGE_SIZE (1ul << PAGE_SHIFT)
#endif

/* Where the image is linked; it runs at any 2 MiB aligned address of the top 2 GiB. */
#define KERNEL_VIRT_BASE        0xffffffff80000000

/* The last address that may be mapped. */
#define KERNEL_LAST             0xffffffffffffffff

/* Kernel stacks; nothing asks for more than that they start at a page. */
#define KERNEL_STACK_SIZE       (1 << CONFIG_KERNEL_STACK_SHIFT)
#define KERNEL_STACK_ALIGN_LOG2 PAGE_SHIFT

#if !defined(__ASSEMBLY__) && !defined(__LINKER__)
#include <keel/types.h>

struct arch_layout {
    unsigned levels; /* of page tables: 3 with Sv39, 4 with Sv48 */
    virt_addr_t direct_map;
    uint64_t direct_map_size; /* bytes */
    virt_addr_t kmap;
    virt_addr_t user_top; /* first address that no user mapping reaches */
};

/* Set once by the entry code. */
extern struct arch_layout arch_layout;

#define DIRECT_MAP_BASE (arch_layout.direct_map)
#define DIRECT_MAP_SIZE (arch_layout.direct_map_size)
#define KMAP_BASE       (arch_layout.kmap)
#define KMAP_SIZE       (64ull << 30)
#define USER_TOP        (arch_layout.user_top)

/* Between physical addresses and the direct map; the caller knows that the address lies in it. */
static inline void *arch_phys_to_virt(phys_addr_t pa)
{
    return (void *)(DIRECT_MAP_BASE + pa);
}

static inline phys_addr_t arch_virt_to_phys(const void *va)
{
    return (virt_addr_t)va - DIRECT_MAP_BASE;
}

/* Physical address bits that page tables can hold (Privileged Architecture 10.4, 10.5). */
static inline unsigned arch_phys_bits(void)
{
    return 56;
}
#endif

#endif
