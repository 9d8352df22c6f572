/* SPDX-License-Identifier: MIT */
/*
 * Shadow: a byte for every eight, of the image's data, of all RAM in the direct map, and of what is
 * mapped in the mapping area. Memory that has none, as devices', is not checked. Not instrumented.
 */
#include "kasan_internal.h"

#include <arch/layout.h>
#include <keel/string.h>

#define REGIONS_MAX 130u /* the image, and the banks of RAM */

struct region {
    virt_addr_t start;
    uint64_t size;
    uint8_t *shadow;
};

static struct region regions[REGIONS_MAX];
static unsigned region_count;

void *kasan_area_root[AREA_ENTRIES];

bool kasan_add_region(virt_addr_t start, uint64_t size, uint8_t *shadow)
{
    if (region_count == REGIONS_MAX) {
        return false;
    }
    regions[region_count++] = (struct region){.start = start, .size = size, .shadow = shadow};
    return true;
}

static uint8_t *area_shadow(uint64_t offset)
{
    uint64_t piece = offset >> AREA_PIECE_SHIFT;
    void *at = kasan_area_root;

    if (piece >> (AREA_LEVELS * AREA_LEVEL_BITS) != 0) {
        return NULL;
    }
    for (unsigned level = AREA_LEVELS; level-- > 0 && at != NULL;) {
        void **table = at;

        at = __atomic_load_n(&table[(piece >> (level * AREA_LEVEL_BITS)) % AREA_ENTRIES],
                             __ATOMIC_ACQUIRE);
    }
    return at != NULL ? (uint8_t *)at + offset % AREA_PIECE_BYTES / KASAN_GRANULE : NULL;
}

uint8_t *kasan_shadow_of(virt_addr_t address)
{
    for (unsigned i = 0; i < region_count; i++) {
        uint64_t offset = address - regions[i].start;

        if (offset < regions[i].size) {
            return regions[i].shadow + offset / KASAN_GRANULE;
        }
    }
    return address - KMAP_BASE < KMAP_SIZE ? area_shadow(address - KMAP_BASE) : NULL;
}

uint8_t kasan_code_at(virt_addr_t address)
{
    const uint8_t *shadow = kasan_shadow_of(address);

    return shadow != NULL ? *shadow : KASAN_OK;
}

/* Page by page: shadow is in one piece within a page. */
static void set_codes(virt_addr_t start, size_t size, uint8_t code)
{
    while (size > 0) {
        size_t n = MIN(size, (size_t)(PAGE_SIZE - start % PAGE_SIZE));
        uint8_t *shadow = kasan_shadow_of(start);

        if (shadow != NULL) {
            memset(shadow, code, n / KASAN_GRANULE);
        }
        start += n;
        size -= n;
    }
}

void kasan_poison(const void *start, size_t size, uint8_t code)
{
    set_codes((virt_addr_t)start, ALIGN_UP(size, (size_t)KASAN_GRANULE), code);
}

void kasan_unpoison(const void *start, size_t size)
{
    size_t whole = ALIGN_DOWN(size, (size_t)KASAN_GRANULE);
    uint8_t *last = kasan_shadow_of((virt_addr_t)start + whole);

    set_codes((virt_addr_t)start, whole, KASAN_OK);
    if (whole != size && last != NULL) {
        *last = (uint8_t)(size - whole);
    }
}
