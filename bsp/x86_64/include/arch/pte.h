/* SPDX-License-Identifier: MIT */
/* Page-table entries of x86_64 (Intel SDM volume 3, 4.5, 4-level paging). */
#ifndef ARCH_PTE_H
#define ARCH_PTE_H

#include <keel/types.h>
#include <keel/vm.h>

/*
 *  63 62        52 51                        12 11  9 8   7   6  5   4    3   2   1   0
 * +--+------------+----------------------------+-----+-+------+-+---+----+----+---+---+---+
 * |NX|  ignored   |      physical address      | ign |G|PS/- |D| A |PCD |PWT |U/S|R/W| P |
 * +--+------------+----------------------------+-----+-+------+-+---+----+----+---+---+---+
 */
typedef uint64_t pte_t;

#define PTE_P         (1ull << 0)
#define PTE_RW        (1ull << 1)
#define PTE_US        (1ull << 2)
#define PTE_PWT       (1ull << 3)
#define PTE_PCD       (1ull << 4)
#define PTE_A         (1ull << 5)
#define PTE_D         (1ull << 6)
#define PTE_PS        (1ull << 7) /* a leaf at level 1 and 2; at level 0 the bit means PAT */
#define PTE_G         (1ull << 8)
#define PTE_PAT_LARGE (1ull << 12)
#define PTE_NX        (1ull << 63)
#define PTE_ADDRESS   0x000ffffffffff000ull

/* What this CPU's tables may hold; set before the first table is built. */
struct pte_limits {
    uint64_t nx;       /* PTE_NX, or 0 on a CPU without it (or with it turned off) */
    uint32_t max_leaf; /* 2 with 1 GiB pages, else 1 */
};
extern struct pte_limits pte_limits;

/* Levels of the tables; level 0 holds the 4 KiB leaves, the root is level arch_pt_levels() - 1. */
static inline unsigned arch_pt_levels(void)
{
    return 4;
}

/* The highest level that may hold a leaf. */
static inline unsigned arch_pt_max_leaf(void)
{
    return pte_limits.max_leaf;
}

/* The bit that picks the upper half of the PAT. */
static inline pte_t arch_pte_pat(unsigned level)
{
    return level > 0 ? PTE_PAT_LARGE : PTE_PS;
}

/* Memory types pick an entry of the PAT by PAT, PCD and PWT: 0 write-back, 1 write-combining, 2 uncached
 * where the MTRRs do not say write-combining, 3 uncached, 5 write-through (see cpu/setup.c). */
static inline pte_t arch_pte_memory_type(uint32_t vm_flags, unsigned level)
{
    switch (vm_flags & VM_MEM_MASK) {
    case VM_WRITE_THROUGH:
        return arch_pte_pat(level) | PTE_PWT;
    case VM_WRITE_COMBINE:
        return PTE_PWT;
    case VM_UNCACHED:
        return PTE_PCD;
    case VM_DEVICE:
        return PTE_PCD | PTE_PWT;
    default:
        return 0;
    }
}

/* An entry that points to the table at pa. */
static inline pte_t arch_pte_table(phys_addr_t pa)
{
    return (pa & PTE_ADDRESS) | PTE_US | PTE_RW | PTE_A | PTE_P;
}

/* A leaf of that level at pa; VM_READ is implied by being there. The CPU sets accessed and dirty; it is
 * spared that for the kernel's pages. */
static inline pte_t arch_pte_leaf(phys_addr_t pa, unsigned level, uint32_t vm_flags)
{
    pte_t pte = (pa & PTE_ADDRESS) | PTE_P | arch_pte_memory_type(vm_flags, level);

    pte |= level > 0 ? PTE_PS : 0;
    pte |= (vm_flags & VM_WRITE) != 0 ? PTE_RW : 0;
    pte |= (vm_flags & VM_USER) != 0 ? PTE_US : PTE_A | ((vm_flags & VM_WRITE) != 0 ? PTE_D : 0);
    pte |= (vm_flags & VM_GLOBAL) != 0 ? PTE_G : 0;
    pte |= (vm_flags & VM_EXEC) == 0 ? pte_limits.nx : 0;
    return pte;
}

static inline bool arch_pte_present(pte_t pte)
{
    return (pte & PTE_P) != 0;
}

static inline bool arch_pte_is_leaf(pte_t pte, unsigned level)
{
    return level == 0 || (pte & PTE_PS) != 0;
}

/* Where the entry points; what the boot maps has no PAT bit in a large leaf's address. */
static inline phys_addr_t arch_pte_addr(pte_t pte)
{
    return pte & PTE_ADDRESS;
}

/* The VM_ flags of a present leaf. */
static inline uint32_t arch_pte_flags(pte_t pte, unsigned level)
{
    static const uint32_t types[] = {VM_CACHED, VM_WRITE_COMBINE, VM_UNCACHED, VM_DEVICE};
    uint32_t flags = VM_READ;

    flags |= (pte & arch_pte_pat(level)) != 0 ? VM_WRITE_THROUGH
                                              : types[(pte & (PTE_PCD | PTE_PWT)) / PTE_PWT];
    flags |= (pte & PTE_RW) != 0 ? VM_WRITE : 0;
    flags |= (pte & PTE_US) != 0 ? VM_USER : 0;
    flags |= (pte & PTE_G) != 0 ? VM_GLOBAL : 0;
    flags |= (pte & PTE_NX) == 0 ? VM_EXEC : 0;
    return flags;
}

#endif
