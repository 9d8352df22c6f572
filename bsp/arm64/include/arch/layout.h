/* SPDX-License-Identifier: MIT */
/*
 * The virtual addresses of arm64, 48 bits, 4 KiB pages (Arm ARM DDI 0487, D8):
 *
 *   0000000000000000 - 0000ffffffffffff  user half (TTBR0), unmapped until there are processes
 *   ffff000000000000 - ffff7fffffffffff  direct map: physical address 0 and up, 128 TiB
 *   ffff800000000000 - ffffbfffffffffff  mapping area: devices, guard pages between them
 *   ffffffff80000000 - ...               the kernel image; its base is a variable, image_virt
 */
#ifndef ARCH_LAYOUT_H
#define ARCH_LAYOUT_H

#ifdef __ASSEMBLER__
#define LAYOUT_ADDR(x) x
#else
#define LAYOUT_ADDR(x) x##UL
#endif

#define PAGE_SHIFT              12
#define PAGE_SIZE               LAYOUT_ADDR(0x1000)

#define VA_BITS                 48
#define USER_TOP                LAYOUT_ADDR(0x0001000000000000)
#define DIRECT_MAP_BASE         LAYOUT_ADDR(0xffff000000000000)
#define DIRECT_MAP_SIZE         LAYOUT_ADDR(0x0000800000000000)
#define KMAP_BASE               LAYOUT_ADDR(0xffff800000000000)
#define KMAP_SIZE               LAYOUT_ADDR(0x0000400000000000)
#define KERNEL_VIRT_BASE        LAYOUT_ADDR(0xffffffff80000000)
#define KERNEL_LAST             LAYOUT_ADDR(0xffffffffffffffff) /* address that may be mapped */

/*
 * A kernel stack lies at a multiple of twice its size, so that one bit of the stack pointer tells
 * that it has run over (trap/vectors.S).
 */
#define KERNEL_STACK_SHIFT      CONFIG_KERNEL_STACK_SHIFT
#define KERNEL_STACK_SIZE       (LAYOUT_ADDR(1) << KERNEL_STACK_SHIFT)
#define KERNEL_STACK_ALIGN_LOG2 (KERNEL_STACK_SHIFT + 1)
#define KERNEL_STACK_ALIGN      (LAYOUT_ADDR(1) << KERNEL_STACK_ALIGN_LOG2)

/* The Linux boot protocol's alignment of the image, and its limit for the device tree. */
#define IMAGE_ALIGN             LAYOUT_ADDR(0x200000)
#define BOOT_TREE_MAX           LAYOUT_ADDR(0x200000)

#ifndef __ASSEMBLER__

#include <arch/sysreg.h>
#include <keel/types.h>

/* The direct map's address of `pa`, mapped or not, and back. */
static inline void *arch_phys_to_virt(phys_addr_t pa)
{
    return (void *)(DIRECT_MAP_BASE + pa);
}

static inline phys_addr_t arch_virt_to_phys(const void *va)
{
    return (virt_addr_t)va - DIRECT_MAP_BASE;
}

/* Bits of a physical address: ID_AA64MMFR0_EL1.PARange, at most the 48 that 4 KiB tables can name
 * without FEAT_LPA2. */
static inline unsigned arch_phys_bits(void)
{
    static const uint8_t bits[] = {32, 36, 40, 42, 44, 48};
    unsigned range = read_sysreg(ID_AA64MMFR0_EL1) & 0xf;

    return bits[range < sizeof(bits) ? range : sizeof(bits) - 1];
}

#endif
#endif
