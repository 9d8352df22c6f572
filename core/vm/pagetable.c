/* SPDX-License-Identifier: MIT */
/* Writes and reads page tables of the port's format: 512 entries of 8 bytes a table, level 0 the
 * 4 KiB leaves. Runs with the MMU off as well, so nothing here follows an absolute pointer. */
#include "pagetable.h"

#include <arch/layout.h>
#include <arch/mmu.h>
#include <arch/pte.h>
#include <keel/errno.h>
#include <keel/memmap.h>
#include <keel/pmm.h>
#include <keel/vm.h>

#define PT_ENTRIES    512u
#define PT_INDEX_BITS 9u
#define PT_POOL_PAGES 48u

extern char _image_start[], _image_end[];

phys_addr_t image_phys;
virt_addr_t image_virt;
phys_addr_t kernel_root;

/* Feeds the tables until RAM is mapped. */
static uint8_t pt_pool[PT_POOL_PAGES][PAGE_SIZE] __aligned(PAGE_SIZE);
static unsigned pt_pool_used;

/* RAM below this address is in the direct map and may hold tables; 0 while there is none. */
static phys_addr_t pt_ram_limit;

static uint64_t leaf_size(unsigned level)
{
    return (uint64_t)PAGE_SIZE << (PT_INDEX_BITS * level);
}

static unsigned pt_index(virt_addr_t va, unsigned level)
{
    return (va >> (PAGE_SHIFT + PT_INDEX_BITS * level)) % PT_ENTRIES;
}

/* The table at a physical address, wherever this CPU sees it now. */
static pte_t *table_at(phys_addr_t pa)
{
    uint64_t offset = pa - image_phys;

    if (offset < (uint64_t)(_image_end - _image_start)) {
        return (pte_t *)(image_virt + offset);
    }
    return arch_phys_to_virt(pa);
}

void pt_use_ram(phys_addr_t limit)
{
    pt_ram_limit = limit;
}

phys_addr_t pt_alloc_page(void)
{
    phys_addr_t page = 0;

    if (pt_ram_limit != 0 && pmm_is_ready()) {
        return pmm_alloc_page(PMM_ZERO);
    }
    if (pt_ram_limit != 0) {
        page = memmap_alloc(PAGE_SIZE, PAGE_SIZE, pt_ram_limit, "page tables");
    }
    if (page == 0 && pt_pool_used < PT_POOL_PAGES) {
        page = image_phys + ((virt_addr_t)pt_pool[pt_pool_used++] - image_virt);
    }
    return page;
}

/* The highest level whose leaf fits alignment and size. */
static unsigned pick_level(virt_addr_t va, phys_addr_t pa, uint64_t size)
{
    unsigned level = arch_pt_max_leaf();

    while (level > 0 && (size < leaf_size(level) || !IS_ALIGNED(va | pa, leaf_size(level)))) {
        level--;
    }
    return level;
}

/* Walks from the root to the table of `level` over va, making what is missing on the way. */
static int table_for(phys_addr_t root, virt_addr_t va, unsigned level, pte_t **out)
{
    pte_t *table = table_at(root);

    for (unsigned at = arch_pt_levels() - 1; at > level; at--) {
        pte_t *entry = &table[pt_index(va, at)];

        if (!arch_pte_present(*entry)) {
            phys_addr_t page = pt_alloc_page();

            if (page == 0) {
                return -ENOMEM;
            }
            *entry = arch_pte_table(page);
        } else if (arch_pte_is_leaf(*entry, at)) {
            return -EEXIST;
        }
        table = table_at(arch_pte_addr(*entry));
    }
    *out = table;
    return 0;
}

/* Writes `count` leaves from entry `first`, whose addresses rise with the entry. */
static int fill_leaves(pte_t *first, unsigned count, phys_addr_t pa, unsigned level, uint32_t flags)
{
    pte_t leaf = arch_pte_leaf(pa, level, flags);
    pte_t step = arch_pte_leaf(pa + leaf_size(level), level, flags) - leaf;

    for (pte_t *entry = first; entry < first + count; entry++) {
        if (unlikely(arch_pte_present(*entry))) {
            return -EEXIST;
        }
        *entry = leaf;
        leaf += step;
    }
    return 0;
}

int pt_map(phys_addr_t root, virt_addr_t va, phys_addr_t pa, uint64_t size, uint32_t flags)
{
    if (!IS_ALIGNED(va | pa | size, PAGE_SIZE) || va + size - 1 < va || pa + size < pa) {
        return size == 0 ? 0 : -EINVAL;
    }
    while (size > 0) {
        unsigned level = pick_level(va, pa, size);
        unsigned index = pt_index(va, level);
        uint64_t count = MIN((uint64_t)(PT_ENTRIES - index), size / leaf_size(level));
        pte_t *table;
        int err = table_for(root, va, level, &table);

        if (err == 0) {
            err = fill_leaves(&table[index], count, pa, level, flags);
        }
        if (err != 0) {
            return err;
        }
        va += count * leaf_size(level);
        pa += count * leaf_size(level);
        size -= count * leaf_size(level);
    }
    arch_pt_barrier();
    return 0;
}

uint64_t pt_query(phys_addr_t root, virt_addr_t va, phys_addr_t *pa, uint32_t *flags)
{
    pte_t *table = table_at(root);

    for (unsigned level = arch_pt_levels(); level-- > 0;) {
        pte_t entry = table[pt_index(va, level)];

        if (!arch_pte_present(entry)) {
            return 0;
        }
        if (arch_pte_is_leaf(entry, level)) {
            *pa = arch_pte_addr(entry) + (va & (leaf_size(level) - 1));
            *flags = arch_pte_flags(entry, level);
            return leaf_size(level);
        }
        table = table_at(arch_pte_addr(entry));
    }
    return 0;
}

void pt_share_top(phys_addr_t to, phys_addr_t from, virt_addr_t va, uint64_t size)
{
    unsigned level = arch_pt_levels() - 1;
    unsigned last = pt_index(va + size - 1, level);

    for (unsigned i = pt_index(va, level); i <= last; i++) {
        table_at(to)[i] = table_at(from)[i];
    }
}

int pt_fill_top(phys_addr_t root, virt_addr_t va, uint64_t size)
{
    unsigned level = arch_pt_levels() - 1;
    unsigned last = pt_index(va + size - 1, level);

    for (unsigned i = pt_index(va, level); i <= last; i++) {
        pte_t *entry = &table_at(root)[i];
        phys_addr_t page;

        if (arch_pte_present(*entry)) {
            continue;
        }
        page = pt_alloc_page();
        if (page == 0) {
            return -ENOMEM;
        }
        *entry = arch_pte_table(page);
    }
    arch_pt_barrier();
    return 0;
}
