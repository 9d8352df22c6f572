/* SPDX-License-Identifier: MIT */
/* The kernel's mapping area: ranges of addresses for devices, stacks and whatever else is not reached
 * through the direct map, with an unmapped page in front of and behind each. */
#ifndef KEEL_KMAP_H
#define KEEL_KMAP_H

#include <keel/types.h>
#include <keel/vm.h>

/* A range of `pages` (not 0) addresses with nothing mapped; 0 when there is no room. It starts `skew`
 * bytes behind a multiple of 2^align_log2 (at least a page). Any CPU, interrupts on or off. */
virt_addr_t kmap_alloc_aligned(size_t pages, unsigned align_log2, uint64_t skew);
virt_addr_t kmap_alloc(size_t pages);

/* Maps memory at an address in a range: pages in a row, or each where it lies. The memory stays the
 * caller's. What is executable is made coherent with instruction fetch; writable and executable at
 * once is -EACCES. -EINVAL: not in one range; -EEXIST: mapped already; -ENOMEM: nothing is mapped. */
int kmap_map(virt_addr_t va, phys_addr_t pa, size_t pages, uint32_t flags);
int kmap_map_pages(virt_addr_t va, const phys_addr_t *pages, size_t count, uint32_t flags);

/* Changes what is mapped at an address in a range; errors as above. */
int kmap_protect(virt_addr_t va, size_t pages, uint32_t flags);

/* Unmaps a range that kmap_alloc() gave and takes it back, once no CPU can reach what was there. */
void kmap_free(virt_addr_t va);

/* The range that holds va: its start and pages. -ENOENT. */
int kmap_find(virt_addr_t va, virt_addr_t *start, size_t *pages);

#endif
