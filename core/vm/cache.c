/* SPDX-License-Identifier: MIT */
/* Cache maintenance of physical memory, through the direct map. */
#include <arch/layout.h>
#include <keel/cache.h>
#include <keel/memmap.h>

/* The next part of [*pa, end) that the direct map holds; false when there is none. */
static bool next_part(phys_addr_t *pa, phys_addr_t end, uint64_t *size)
{
    phys_addr_t base;
    uint64_t length;

    if (*pa >= end || !memmap_mappable(*pa, &base, &length) || base >= end) {
        return false;
    }
    *pa = MAX(*pa, base);
    *size = MIN(length - (*pa - base), end - *pa);
    return true;
}

void cache_flush_phys(phys_addr_t pa, uint64_t size)
{
    phys_addr_t end = pa + size;

    for (; next_part(&pa, end, &size); pa += size) {
        cache_flush(arch_phys_to_virt(pa), size);
    }
}

void cache_sync_code_phys(phys_addr_t pa, uint64_t size)
{
    phys_addr_t end = pa + size;

    for (; next_part(&pa, end, &size); pa += size) {
        cache_sync_code(arch_phys_to_virt(pa), size);
    }
}
