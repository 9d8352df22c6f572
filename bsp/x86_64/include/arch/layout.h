/* SPDX-License-Identifier: MIT */
/* The map of the address space on x86_64 (4 levels, 48 bits). */
#ifndef ARCH_LAYOUT_H
#define ARCH_LAYOUT_H

/*
 * 0000000000000000 - 00007fffffffffff  user space
 * ffff800000000000 - ffffbfffffffffff  direct map of physical memory, 64 TiB
 * ffffc00000000000 - ffffcfffffffffff  mapping area: devices, guarded stacks, 16 TiB
 * ffffff0000000000 - ffffff7fffffffff  kernel image (top-level entry 510)
 * ffffff8000000000 - ffffffffffffffff  the tables themselves with CONFIG_X86_RECURSIVE (top-level entry
 *                                      511), else nothing
 */
#define PAGE_SHIFT 12
#if defined(__ASSEMBLY__) || defined(__LINKER__)
#define PAGE_SIZE (1 << PAGE_SHIFT)
#else
#define PAGE_SIZE (1ul << PAGE_SHIFT)
#endif

#define USER_TOP                0x0000800000000000
#define DIRECT_MAP_BASE         0xffff800000000000
#define DIRECT_MAP_SIZE         0x0000400000000000
#define KMAP_BASE               0xffffc00000000000
#define KMAP_SIZE               0x0000100000000000
#define KERNEL_VIRT_BASE        0xffffff0000000000
#define KERNEL_LAST             0xffffff7fffffffff /* address that may be mapped */
#define RECURSIVE_BASE          0xffffff8000000000

/* Where the image is linked to be loaded; it runs from any other page-aligned place below 4 GiB. */
#define KERNEL_PHYS_BASE        0x100000

/* The boot tables map this much of the direct map. */
#define BOOT_MAP_SIZE           0x100000000

/* Kernel stacks; nothing asks for more than that they start at a page. */
#define KERNEL_STACK_SIZE       (1 << CONFIG_KERNEL_STACK_SHIFT)
#define KERNEL_STACK_ALIGN_LOG2 PAGE_SHIFT

#if !defined(__ASSEMBLY__) && !defined(__LINKER__)
#include <keel/types.h>

/* The direct-map address of physical memory, and back. */
static inline void *arch_phys_to_virt(phys_addr_t pa)
{
    return (void *)(DIRECT_MAP_BASE + pa);
}

static inline phys_addr_t arch_virt_to_phys(const void *va)
{
    return (virt_addr_t)va - DIRECT_MAP_BASE;
}

/* Bits of a physical address (MAXPHYADDR; CPUID leaf 0x80000008). */
unsigned arch_phys_bits(void);
#endif

#endif
