/* SPDX-License-Identifier: MIT */
/*
 * Entries of the VMSAv8-64 long-descriptor tables, 4 KiB granule (Arm ARM DDI 0487, D8.3):
 *
 *    63      55 54  53  52 ... 48 47            12 11 10 9  8 7  6 5 4    2 1 0
 *   | software |UXN|PXN|  0      | output address |nG|AF| SH | AP |NS|index|T|V|
 *
 * T: 1 for a table, and for a leaf at level 0 (the architecture's level 3); 0 for a block.
 */
#ifndef ARCH_PTE_H
#define ARCH_PTE_H

#include <keel/types.h>
#include <keel/vm.h>

typedef uint64_t pte_t;

#define PTE_VALID      (1ull << 0)
#define PTE_TABLE      (1ull << 1)
#define PTE_ATTR_SHIFT 2
#define PTE_ATTR_MASK  (7ull << PTE_ATTR_SHIFT)
#define PTE_AP_USER    (1ull << 6)
#define PTE_AP_RO      (1ull << 7)
#define PTE_SH_INNER   (3ull << 8)
#define PTE_AF         (1ull << 10)
#define PTE_NG         (1ull << 11)
#define PTE_ADDR_MASK  0x0000fffffffff000ull
#define PTE_PXN        (1ull << 53)
#define PTE_UXN        (1ull << 54)

/* Levels of a walk; level 0 holds the 4 KiB leaves. */
static inline unsigned arch_pt_levels(void)
{
    return 4;
}

/* The highest level that may hold a leaf: 2, of 1 GiB. */
static inline unsigned arch_pt_max_leaf(void)
{
    return 2;
}

static inline pte_t arch_pte_table(phys_addr_t pa)
{
    return pa | PTE_TABLE | PTE_VALID;
}

/* Execution is allowed to the one half that the mapping belongs to, never to both. */
static inline pte_t arch_pte_leaf(phys_addr_t pa, unsigned level, uint32_t vm_flags)
{
    pte_t pte = pa | PTE_VALID | PTE_AF | PTE_SH_INNER | PTE_PXN | PTE_UXN;

    pte |= (pte_t)((vm_flags & VM_MEM_MASK) >> 8) << PTE_ATTR_SHIFT;
    pte |= level == 0 ? PTE_TABLE : 0;
    pte |= (vm_flags & VM_WRITE) ? 0 : PTE_AP_RO;
    pte |= (vm_flags & VM_USER) ? PTE_AP_USER : 0;
    pte |= (vm_flags & VM_GLOBAL) ? 0 : PTE_NG;
    if (vm_flags & VM_EXEC) {
        pte &= (vm_flags & VM_USER) ? ~PTE_UXN : ~PTE_PXN;
    }
    return pte;
}

static inline bool arch_pte_present(pte_t pte)
{
    return (pte & PTE_VALID) != 0;
}

static inline bool arch_pte_is_leaf(pte_t pte, unsigned level)
{
    return level == 0 || (pte & PTE_TABLE) == 0;
}

static inline phys_addr_t arch_pte_addr(pte_t pte)
{
    return pte & PTE_ADDR_MASK;
}

/* The VM_ flags of a leaf. */
static inline uint32_t arch_pte_flags(pte_t pte, unsigned level)
{
    uint32_t flags = VM_READ;

    flags |= (uint32_t)((pte & PTE_ATTR_MASK) >> PTE_ATTR_SHIFT) << 8;
    flags |= (pte & PTE_AP_RO) ? 0 : VM_WRITE;
    flags |= (pte & PTE_AP_USER) ? VM_USER : 0;
    flags |= (pte & PTE_NG) ? 0 : VM_GLOBAL;
    flags |= (~pte & (PTE_PXN | PTE_UXN)) ? VM_EXEC : 0;
    (void)level;
    return flags;
}

#endif
