/* SPDX-License-Identifier: MIT */
/* Where the heap's memory comes from: pages of the direct map, counted. */
#include "heap_internal.h"

#include <keel/kasan.h>
#include <keel/pmm.h>

static uint64_t held;

void *heap_pages_alloc(size_t count, unsigned node, unsigned align_log2)
{
    uint32_t flags = node == HEAP_ANY_NODE ? PMM_ANY : PMM_NODE(node);
    phys_addr_t first = count == 1 && align_log2 <= PAGE_SHIFT
                            ? pmm_alloc_page(flags)
                            : pmm_alloc_contiguous(count, flags, align_log2);

    if (first == 0) {
        return NULL;
    }
    pmm_account(PMM_USE_HEAP, (ssize_t)count);
    __atomic_fetch_add(&held, count, __ATOMIC_RELAXED);
    kasan_poison(arch_phys_to_virt(first), count * PAGE_SIZE, KASAN_UNUSED);
    return arch_phys_to_virt(first);
}

void heap_pages_free(void *first, size_t count)
{
    pmm_account(PMM_USE_HEAP, -(ssize_t)count);
    __atomic_fetch_sub(&held, count, __ATOMIC_RELAXED);
    if (count == 1) {
        pmm_free_page(arch_virt_to_phys(first));
    } else {
        pmm_free_contiguous(arch_virt_to_phys(first), count);
    }
}

uint64_t heap_pages_held(void)
{
    return __atomic_load_n(&held, __ATOMIC_RELAXED);
}
