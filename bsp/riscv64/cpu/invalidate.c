/* SPDX-License-Identifier: MIT */
/* Dropping cache lines without losing what others wrote beside the range. */
#include "cache_blocks.h"

#include <arch/cache.h>

void arch_cache_invalidate(void *va, size_t size)
{
    char *end = (char *)va + size;
    virt_addr_t inside = cache_cbom_size - 1;

    if (size != 0 && ((virt_addr_t)va & inside) != 0) {
        arch_cache_flush(va, 1);
    }
    if (size != 0 && ((virt_addr_t)end & inside) != 0) {
        arch_cache_flush(end - 1, 1);
    }
    cache_inval_blocks(va, size);
}
