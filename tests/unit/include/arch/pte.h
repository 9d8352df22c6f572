/* SPDX-License-Identifier: MIT */
/* A made-up page-table format for host tests: present bit 0, leaf bit 1, flags in bits 48 and
 * up. */
#ifndef ARCH_PTE_H
#define ARCH_PTE_H

#include <keel/types.h>

typedef uint64_t pte_t;

#define FAKE_PRESENT 1ull
#define FAKE_LEAF    2ull
#define FAKE_ADDR    0x0000fffffffff000ull

/* Highest level that may hold a leaf; tests change it. */
extern unsigned fake_max_leaf;

static inline unsigned arch_pt_levels(void)
{
    return 4;
}

static inline unsigned arch_pt_max_leaf(void)
{
    return fake_max_leaf;
}

static inline pte_t arch_pte_table(phys_addr_t pa)
{
    return pa | FAKE_PRESENT;
}

static inline pte_t arch_pte_leaf(phys_addr_t pa, unsigned level, uint32_t flags)
{
    (void)level;
    return pa | FAKE_PRESENT | FAKE_LEAF | (uint64_t)flags << 48;
}

static inline bool arch_pte_present(pte_t pte)
{
    return (pte & FAKE_PRESENT) != 0;
}

static inline bool arch_pte_is_leaf(pte_t pte, unsigned level)
{
    (void)level;
    return (pte & FAKE_LEAF) != 0;
}

static inline phys_addr_t arch_pte_addr(pte_t pte)
{
    return pte & FAKE_ADDR;
}

static inline uint32_t arch_pte_flags(pte_t pte, unsigned level)
{
    (void)level;
    return pte >> 48;
}

#endif
