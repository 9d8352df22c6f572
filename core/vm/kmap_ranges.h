/* SPDX-License-Identifier: MIT */
/* Who has which part of the mapping area: numbers alone, nothing is mapped here. */
#ifndef CORE_VM_KMAP_RANGES_H
#define CORE_VM_KMAP_RANGES_H

#include <keel/list.h>
#include <keel/rbtree.h>
#include <keel/types.h>

/* A part of the area, free or given out. All parts together are the area. */
struct kmap_range {
    struct rb_node node;       /* by address */
    struct list_node by_class; /* of free ones of about the same size */
    virt_addr_t start;
    size_t pages; /* with the guard page behind those of a range given out */
    bool used;
};

/* Starts with all of [start, start + pages * PAGE_SIZE) free. */
void kmap_ranges_init(virt_addr_t start, size_t pages);

/* Memory for `count` more records; the area takes them for good. */
void kmap_ranges_feed(struct kmap_range *records, size_t count);

/* Records in stock: taking needs two, giving back none. */
size_t kmap_ranges_stock(void);

/* Takes `pages` that start `skew` behind a multiple of `align`, both multiples of a page; NULL when
 * there is no such room or no record. */
struct kmap_range *kmap_ranges_take(size_t pages, uint64_t align, uint64_t skew);
void kmap_ranges_give(struct kmap_range *range);

/* The part that holds an address of the area, or NULL. */
struct kmap_range *kmap_ranges_find(virt_addr_t va);

/* The part behind one, or with NULL the first; NULL at the end. */
struct kmap_range *kmap_ranges_next(struct kmap_range *range);

#endif
