/* SPDX-License-Identifier: MIT */
/* Physical pages (P1-P3, P5): a lock-free allocator of 4 KiB frames and contiguous runs, an arena a
 * bank and node, with a reserved chunk for each CPU. After LLFree (USENIX ATC 2023): bitmaps and
 * compare-and-swap, cost independent of how much RAM there is. */
#ifndef KEEL_PMM_H
#define KEEL_PMM_H

#include <keel/types.h>

/* What is wanted, ORed. */
#define PMM_ANY        0u
#define PMM_BELOW_4G   (1u << 0) /* for devices with 32-bit addresses */
#define PMM_ZERO       (1u << 1) /* filled with zeros */
#define PMM_LOCAL      (1u << 2) /* the CPU's own node or nothing (policy bind) */
#define PMM_NODE(n)    ((1u << 3) | (n) << PMM_NODE_SHIFT) /* that node or nothing */
#define PMM_NODE_SHIFT 8

/* Takes all free RAM over from the memory map, all of which must be in the direct map; memmap_alloc()
 * ends. Boot CPU, once. -ENOMEM when the bitmaps do not fit, -ENOSPC with more pieces of RAM than
 * there is room to tell apart. */
int pmm_init(void);

/* Whether pmm_init() is done. */
bool pmm_is_ready(void);

/* One page by the CPU's policy, or 0 when there is none. Any context, any CPU. */
phys_addr_t pmm_alloc_page(uint32_t flags);

/* Gives a page back. Freeing what is free or was never handed out panics in debug builds, with the
 * page's history, and is counted and ignored otherwise. */
void pmm_free_page(phys_addr_t page);

/* Up to `count` single pages into `out`; how many there were (all or fewer, never an error).
 * Cheaper than one by one. */
size_t pmm_alloc_pages(phys_addr_t *out, size_t count, uint32_t flags);
void pmm_free_pages(const phys_addr_t *pages, size_t count);

/* `count` pages in a row whose first address is a multiple of 2^align_log2 bytes (at least 12), or 0. */
phys_addr_t pmm_alloc_contiguous(size_t count, uint32_t flags, unsigned align_log2);
void pmm_free_contiguous(phys_addr_t first, size_t count);

/* Gives back what is kept in reserve for a CPU that is off. */
void pmm_leave_cpu(unsigned cpu);

/* What the frames are used for (P5). */
enum pmm_use {
    PMM_USE_KERNEL, /* tables, stacks: whoever does not say */
    PMM_USE_HEAP,
    PMM_USE_PAGE_TABLE,
    PMM_USE_KASAN,
    PMM_USE_VMO,    /* pages with references, which memory objects alone have */
    PMM_USE_RECORD, /* the allocator's own, for chunks that were ever used */
    PMM_USES,
};

/* Moves `pages` frames (may be negative) between the count of unnamed use and that of `use`, which is
 * none of the last two: those are counted where they are. */
void pmm_account(enum pmm_use use, ssize_t pages);

struct pmm_stats {
    uint64_t total; /* frames under management */
    uint64_t free;
    uint64_t below_4g_free;
    uint64_t used[PMM_USES]; /* adds up to total - free */
    uint64_t bad_frees;      /* refused pmm_free_page() */
};

/* A snapshot; the sums may be a little apart while other CPUs work. What memory objects and records
 * take is part of PMM_USE_KERNEL here. */
void pmm_get_stats(struct pmm_stats *out);

/* The same with every use by itself: looks at the record of each frame that was ever used. */
void pmm_get_uses(struct pmm_stats *out);

/* The same for one node; false past the last node. */
bool pmm_node_stats(unsigned node, uint64_t *total, uint64_t *free);

/* An arena: a stretch of RAM of one node, on one side of 4 GiB. */
struct pmm_arena_stats {
    phys_addr_t base;
    uint64_t size; /* bytes, holes included */
    unsigned node;
    uint64_t total; /* frames */
    uint64_t free;
    unsigned whole;   /* pieces of 2 MiB of which nothing is used */
    unsigned touched; /* pieces that have a bitmap and page records by now */
};

/* The nth arena by address; false past the last. */
bool pmm_arena_stats(unsigned index, struct pmm_arena_stats *out);

#endif
