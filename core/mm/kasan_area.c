/* SPDX-License-Identifier: MIT */
/*
 * Shadow for what is mapped in the mapping area, made as it is needed and kept; and who took and gave
 * back its parts. Writers hold the lock of the mapping area.
 *
 * The code that compilers make for variables on a stack writes shadow itself, at KASAN_SHADOW_OFFSET
 * plus an eighth of the address; so shadow is also mapped there, by whoever owns the tables.
 */
#include "kasan_internal.h"

#include <arch/layout.h>
#include <keel/errno.h>
#include <keel/pmm.h>

#define PARTS     256u
#define WATCH_MAX (UINT64_C(16) << 20) /* larger parts are not watched */

/* The youngest at part_count - 1. */
static struct kasan_area_part parts[PARTS];
static uint64_t part_count;

static phys_addr_t new_page(void)
{
    phys_addr_t page = pmm_alloc_page(PMM_ZERO);

    if (page != 0) {
        pmm_account(PMM_USE_KASAN, 1);
    }
    return page;
}

/* The entry for a piece in the last table on the way, tables made where there are none; or NULL. */
static void **entry_of(uint64_t piece)
{
    void **table = kasan_area_root;

    for (unsigned level = AREA_LEVELS - 1; level > 0; level--) {
        void **entry = &table[(piece >> (level * AREA_LEVEL_BITS)) % AREA_ENTRIES];

        if (*entry == NULL) {
            phys_addr_t page = new_page();

            if (page == 0) {
                return NULL;
            }
            __atomic_store_n(entry, arch_phys_to_virt(page), __ATOMIC_RELEASE);
        }
        table = *entry;
    }
    return &table[piece % AREA_ENTRIES];
}

static int add_piece(uint64_t piece, kasan_map_fn *map)
{
    virt_addr_t covered = KMAP_BASE + (piece << AREA_PIECE_SHIFT);
    void **entry = entry_of(piece);
    phys_addr_t page;

    if (entry == NULL) {
        return -ENOMEM;
    }
    if (*entry != NULL) {
        return 0;
    }
    page = new_page();
    if (page == 0 || map(kasan_shadow_address(covered), page) != 0) {
        if (page != 0) {
            pmm_account(PMM_USE_KASAN, -1);
            pmm_free_page(page);
        }
        return -ENOMEM;
    }
    __atomic_store_n(entry, arch_phys_to_virt(page), __ATOMIC_RELEASE);
    return 0;
}

int kasan_area_watch(virt_addr_t start, size_t size, kasan_map_fn *map)
{
    virt_addr_t guard = start - PAGE_SIZE;
    uint64_t first = (guard - KMAP_BASE) >> AREA_PIECE_SHIFT;
    uint64_t last = (start + size - KMAP_BASE) >> AREA_PIECE_SHIFT;
    int err = 0;

    if (size > WATCH_MAX || last >> (AREA_LEVELS * AREA_LEVEL_BITS) != 0) {
        return 0;
    }
    for (uint64_t piece = first; piece <= last && err == 0; piece++) {
        err = add_piece(piece, map);
    }
    if (err == 0) {
        kasan_poison((const void *)guard, PAGE_SIZE, KASAN_GUARD);
        kasan_poison((const void *)(start + size), PAGE_SIZE, KASAN_GUARD);
    }
    return err;
}

void kasan_area_taken(virt_addr_t start, size_t size, virt_addr_t who)
{
    parts[part_count++ % PARTS] =
        (struct kasan_area_part){.start = start, .size = size, .allocated_by = who};
}

void kasan_area_given(virt_addr_t start, size_t size, virt_addr_t who)
{
    for (uint64_t back = 1; back <= MIN(part_count, (uint64_t)PARTS); back++) {
        struct kasan_area_part *part = &parts[(part_count - back) % PARTS];

        if (part->start == start && part->freed_by == 0) {
            part->freed_by = who;
            break;
        }
    }
    kasan_poison((const void *)start, size, KASAN_AREA);
}

bool kasan_area_find(virt_addr_t address, struct kasan_area_part *out)
{
    for (uint64_t back = 1; back <= MIN(part_count, (uint64_t)PARTS); back++) {
        *out = parts[(part_count - back) % PARTS];
        if (address - out->start + PAGE_SIZE < out->size + 2 * PAGE_SIZE) {
            return true;
        }
    }
    return false;
}
