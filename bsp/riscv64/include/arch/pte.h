/* SPDX-License-Identifier: MIT */
/* The format of Sv39 and Sv48 page tables (Privileged Architecture 10.3.1, 10.4, 10.5). */
#ifndef ARCH_PTE_H
#define ARCH_PTE_H

#include <arch/layout.h>
#include <keel/types.h>
#include <keel/vm.h>

/*
 *  63 62   61 60        54 53                       10 9   8 7 6 5 4 3 2 1 0
 * | N | PBMT |  reserved  | physical page number      | RSW | D A G U X W R V |
 *
 * RSW is software's: it keeps the memory type, so that it can be read back on CPUs without Svpbmt,
 * where physical memory attributes alone decide.
 */
typedef uint64_t pte_t;

#define PTE_V             (1ull << 0)
#define PTE_R             (1ull << 1)
#define PTE_W             (1ull << 2)
#define PTE_X             (1ull << 3)
#define PTE_U             (1ull << 4)
#define PTE_G             (1ull << 5)
#define PTE_A             (1ull << 6)
#define PTE_D             (1ull << 7)
#define PTE_RSW_SHIFT     8
#define PTE_RSW_MASK      3ull
#define PTE_PPN_SHIFT     10
#define PTE_PPN_MASK      ((1ull << 44) - 1)

/* Svpbmt (12.1): 0 as the physical attributes say, 1 non-cacheable, 2 input/output. */
#define PTE_PBMT_SHIFT    61
#define PTE_PBMT_NC       1ull
#define PTE_PBMT_IO       2ull

#define PTE_VM_TYPE_SHIFT 8 /* of VM_MEM_MASK */

#ifdef KEEL_HOST_TEST
uint64_t arch_pte_pbmt_mask(void);
#else
#include <arch/alternative.h>

/* 3 on a CPU with Svpbmt, else 0: the bits are reserved there. */
static inline uint64_t arch_pte_pbmt_mask(void)
{
    uint64_t mask;

    __asm__(ALTERNATIVE("li %0, 0", "li %0, 3", CPU_FEATURE_SVPBMT) : "=r"(mask));
    return mask;
}
#endif

static inline unsigned arch_pt_levels(void)
{
    return arch_layout.levels;
}

/* 1 GiB leaves at level 2. */
static inline unsigned arch_pt_max_leaf(void)
{
    return 2;
}

static inline pte_t arch_pte_table(phys_addr_t table)
{
    return table >> PAGE_SHIFT << PTE_PPN_SHIFT | PTE_V;
}

/* What RSW keeps: there is no write-through here, such memory is uncached. */
static inline uint64_t arch_pte_type(uint32_t vm_flags)
{
    uint32_t type = vm_flags & VM_MEM_MASK;

    return (type == VM_WRITE_THROUGH ? VM_UNCACHED : type) >> PTE_VM_TYPE_SHIFT;
}

static inline uint64_t arch_pte_pbmt(uint32_t vm_flags)
{
    switch (vm_flags & VM_MEM_MASK) {
    case VM_DEVICE:
        return PTE_PBMT_IO;
    case VM_UNCACHED:
    case VM_WRITE_COMBINE:
    case VM_WRITE_THROUGH:
        return PTE_PBMT_NC;
    default:
        return 0;
    }
}

/* A leaf with accessed and dirty set: CPUs may fault where they are clear (Svade). Writable pages
 * are readable, since the format has no others. */
static inline pte_t arch_pte_leaf(phys_addr_t pa, unsigned level, uint32_t vm_flags)
{
    pte_t pte = pa >> PAGE_SHIFT << PTE_PPN_SHIFT | PTE_V | PTE_A | PTE_D;

    (void)level;
    pte |= (vm_flags & VM_READ) != 0 ? PTE_R : 0;
    pte |= (vm_flags & VM_WRITE) != 0 ? PTE_R | PTE_W : 0;
    pte |= (vm_flags & VM_EXEC) != 0 ? PTE_X : 0;
    pte |= (vm_flags & VM_USER) != 0 ? PTE_U : 0;
    pte |= (vm_flags & VM_GLOBAL) != 0 ? PTE_G : 0;
    pte |= arch_pte_type(vm_flags) << PTE_RSW_SHIFT;
    return pte | (arch_pte_pbmt(vm_flags) & arch_pte_pbmt_mask()) << PTE_PBMT_SHIFT;
}

static inline bool arch_pte_present(pte_t pte)
{
    return (pte & PTE_V) != 0;
}

static inline bool arch_pte_is_leaf(pte_t pte, unsigned level)
{
    (void)level;
    return (pte & (PTE_R | PTE_W | PTE_X)) != 0;
}

static inline phys_addr_t arch_pte_addr(pte_t pte)
{
    return (pte >> PTE_PPN_SHIFT & PTE_PPN_MASK) << PAGE_SHIFT;
}

static inline uint32_t arch_pte_flags(pte_t pte, unsigned level)
{
    uint32_t flags = (pte >> PTE_RSW_SHIFT & PTE_RSW_MASK) << PTE_VM_TYPE_SHIFT;

    (void)level;
    flags |= (pte & PTE_R) != 0 ? VM_READ : 0;
    flags |= (pte & PTE_W) != 0 ? VM_WRITE : 0;
    flags |= (pte & PTE_X) != 0 ? VM_EXEC : 0;
    flags |= (pte & PTE_U) != 0 ? VM_USER : 0;
    flags |= (pte & PTE_G) != 0 ? VM_GLOBAL : 0;
    return flags;
}

#endif
