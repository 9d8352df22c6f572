/* SPDX-License-Identifier: MIT */
/* What is known of a page in use: how many memory objects share it, how often it is pinned. Kept for
 * memory in use alone: each 2 MiB of RAM get two pages of records, reached through the direct map, when
 * the page allocator first hands out memory of that stretch. */
#ifndef KEEL_PAGE_H
#define KEEL_PAGE_H

#include <keel/types.h>

struct page {
    uint32_t refs;  /* places that hold it: slots of VMOs, ... */
    uint32_t pins;  /* holders that forbid to move or evict it (V7) */
    uint64_t owner; /* debug builds: who allocated it (low half), who freed it last (both packed) */
};

_Static_assert(sizeof(struct page) == 16, "four pages of records describe 4 MiB");

/* In `owner`, when the page is handed out. */
#define PAGE_OUT      (1u << 31)

/* So many pins a page can have. */
#define PAGE_PINS_MAX 65534u

/* The record of a page that pmm handed out. Never for free pages or for what pmm does not manage. */
struct page *page_of(phys_addr_t pa);

/* Counts saturate and then stay for ever: an overflow leaks a page instead of freeing one in use;
 * debug builds panic with the page's history. page_unref() frees the page at 0, and says so. */
void page_ref(phys_addr_t pa);
/* The first reference to a page just allocated, which nobody else knows. */
void page_first_ref(phys_addr_t pa);
bool page_unref(phys_addr_t pa);

/* Ends a debug build with a page's history: "page 0x80000000 WHAT: allocated by ...". */
__noreturn void page_panic(phys_addr_t pa, const char *what);

/* Pins a page, and takes one pin back. -EOVERFLOW at the 65,535th. */
int page_pin(phys_addr_t pa);
void page_unpin(phys_addr_t pa);
bool page_is_pinned(phys_addr_t pa);

#endif
