/* SPDX-License-Identifier: MIT */
/* What page-table operations cost, on tables as a user space has them: a page, a large page, and as many
 * small pages as make one. */
#include "../kernel/own_tables.h"

#include <arch/layout.h>
#include <arch/mmu.h>
#include <keel/bench.h>
#include <keel/page.h>
#include <keel/pagetable.h>
#include <keel/panic.h>
#include <keel/pmm.h>

#define START  0x40000000ull
#define LARGE  (2ull << 20)
#define MEMORY 0x80000000ull /* mapped, never touched */
#define COUNT  5001u         /* operations of a measurement */

static struct page_table pt;
static unsigned space = 1;
static virt_addr_t next;
static bool writable;

static void expect(int err)
{
    if (err != 0) {
        panic("page tables: error %d in a measurement", err);
    }
}

/* Empty tables, but for a page whose neighbours are measured. */
static void start_empty(void)
{
    if (pt.root != 0) {
        pt_destroy(&pt);
    }
    expect(pt_create(&pt, arch_pt_format(), &own_tables, &space));
    expect(pt_map_page(&pt, START - PAGE_SIZE, MEMORY, VM_READ | VM_USER));
    expect(pt_map_page(&pt, START + PAGE_SIZE, MEMORY, VM_READ | VM_USER));
    next = START + LARGE;
}

static void start_with_pages(void)
{
    start_empty();
    for (unsigned i = 0; i < COUNT; i++) {
        expect(pt_map_page(&pt, next + i * PAGE_SIZE, MEMORY, VM_READ | VM_USER));
    }
}

static void start_with_large_pages(void)
{
    start_empty();
    for (unsigned i = 0; i < COUNT; i++) {
        expect(pt_map_range(&pt, next + i * LARGE, MEMORY, LARGE, VM_READ | VM_USER));
    }
}

/* The flags of a protect: other ones each time. */
static uint32_t other_flags(void)
{
    writable = !writable;
    return VM_READ | VM_USER | (writable ? VM_WRITE : 0);
}

/* --- A page --- */

BENCH(pt_map_1, "pt.map.1", start_empty)
{
    (void)pt_map_page(&pt, next, MEMORY, VM_READ | VM_WRITE | VM_USER);
    next += PAGE_SIZE;
}

BENCH(pt_unmap_1, "pt.unmap.1", start_with_pages)
{
    (void)pt_unmap_page(&pt, next);
    next += PAGE_SIZE;
}

BENCH(pt_protect_1, "pt.protect.1", start_with_pages)
{
    (void)pt_protect_range(&pt, next, PAGE_SIZE, other_flags());
}

BENCH(pt_map_unmap_1, "pt.map_unmap.1", start_empty)
{
    (void)pt_map_page(&pt, START, MEMORY, VM_READ | VM_WRITE | VM_USER);
    (void)pt_unmap_page(&pt, START);
}

BENCH(pt_query_1, "pt.query.1", start_with_pages)
{
    struct pt_entry entry;

    (void)pt_query_entry(&pt, next, &entry);
}

/* --- One page of 2 MiB --- */

BENCH(pt_map_2m, "pt.map.2m", start_empty)
{
    (void)pt_map_range(&pt, next, MEMORY, LARGE, VM_READ | VM_WRITE | VM_USER);
    next += LARGE;
}

BENCH(pt_unmap_2m, "pt.unmap.2m", start_with_large_pages)
{
    (void)pt_unmap_range(&pt, next, LARGE);
    next += LARGE;
}

BENCH(pt_protect_2m, "pt.protect.2m", start_with_large_pages)
{
    (void)pt_protect_range(&pt, next, LARGE, other_flags());
}

/* --- 2 MiB of pages that cannot be one --- */

static void start_with_512(void)
{
    start_empty();
    expect(pt_map_range(&pt, next, MEMORY + PAGE_SIZE, LARGE, VM_READ | VM_USER));
}

BENCH(pt_map_unmap_512, "pt.map_unmap.512", start_empty)
{
    (void)pt_map_range(&pt, next, MEMORY + PAGE_SIZE, LARGE, VM_READ | VM_WRITE | VM_USER);
    (void)pt_unmap_range(&pt, next, LARGE);
}

BENCH(pt_protect_512, "pt.protect.512", start_with_512)
{
    (void)pt_protect_range(&pt, next, LARGE, other_flags());
}

/* --- The TLB: by address, as many as that is still used for on every port, and all --- */

BENCH(tlb_flush_1, "tlb.flush.1", NULL)
{
    arch_tlb_flush_range(1, START, PAGE_SIZE, 0, false);
}

BENCH(tlb_flush_16, "tlb.flush.16", NULL)
{
    arch_tlb_flush_range(1, START, 16 * PAGE_SIZE, 0, false);
}

BENCH(tlb_flush_512, "tlb.flush.512", NULL)
{
    arch_tlb_flush_range(1, START, 512 * PAGE_SIZE, 0, false);
}
