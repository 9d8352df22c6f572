/* SPDX-License-Identifier: MIT */
/* What the regions and mappings of an address space need of it: its life, its translations. */
#include "aspace_internal.h"

#include <arch/layout.h>
#include <keel/heap.h>

#define BLOCK_SIZE (1ull << 30)

void aspace_put(struct aspace *as)
{
    if (__atomic_sub_fetch(&as->refs, 1, __ATOMIC_ACQ_REL) == 0) {
        kfree(as);
    }
}

void aspace_forget(struct aspace *as, virt_addr_t va, uint64_t size)
{
    virt_addr_t first = ALIGN_DOWN(va, BLOCK_SIZE);
    virt_addr_t end = ALIGN_UP(va + size, BLOCK_SIZE);

    if (pt_unmap_range(&as->pt, va, size) == 0) {
        return;
    }
    /* No memory to split a large leaf: it goes as a whole, and what was right comes back by faults. */
    (void)pt_unmap_range(&as->pt, first, MIN(end, (virt_addr_t)USER_TOP) - first);
}
