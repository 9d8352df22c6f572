/* SPDX-License-Identifier: MIT */
/* The mapping area's parts, free and given out: in a tree by address, the free ones also in lists by
 * size. Taking splits a part, giving back merges it with its neighbours and needs no memory. */
#include "kmap_ranges.h"

#include <arch/layout.h>
#include <keel/bits.h>

#define CLASSES     64u
/* Parts of a class that may be too small for a request are tried this often before larger ones. */
#define CLASS_TRIES 16u

static struct rb_tree parts;
static struct list free_parts[CLASSES]; /* of 2^class to 2^(class + 1) - 1 pages */
static struct list stock = LIST_INIT(stock);
static size_t stock_count;

static struct kmap_range *range_of(const struct rb_node *node)
{
    return node ? rb_entry(node, struct kmap_range, node) : NULL;
}

static bool starts_before(const struct rb_node *a, const struct rb_node *b)
{
    return range_of(a)->start < range_of(b)->start;
}

static virt_addr_t last_of(const struct kmap_range *range)
{
    return range->start + (range->pages * PAGE_SIZE - 1);
}

static int compare(const void *key, const struct rb_node *node)
{
    virt_addr_t va = *(const virt_addr_t *)key;

    return va < range_of(node)->start ? -1 : va > last_of(range_of(node)) ? 1 : 0;
}

void kmap_ranges_feed(struct kmap_range *records, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        list_add_tail(&stock, &records[i].by_class);
    }
    stock_count += count;
}

size_t kmap_ranges_stock(void)
{
    return stock_count;
}

static struct kmap_range *new_record(virt_addr_t start, size_t pages)
{
    struct kmap_range *range = list_entry(list_first(&stock), struct kmap_range, by_class);

    list_remove(&range->by_class);
    stock_count--;
    range->start = start;
    range->pages = pages;
    range->used = false;
    return range;
}

static void enlist(struct kmap_range *range)
{
    range->used = false;
    list_add_head(&free_parts[ilog2(range->pages)], &range->by_class);
}

static void drop(struct kmap_range *range)
{
    rb_erase(&parts, &range->node);
    kmap_ranges_feed(range, 1);
}

void kmap_ranges_init(virt_addr_t start, size_t pages)
{
    struct kmap_range *all;

    for (unsigned i = 0; i < CLASSES; i++) {
        list_init(&free_parts[i]);
    }
    all = new_record(start, pages);
    rb_insert(&parts, &all->node, starts_before);
    enlist(all);
}

/* The first place in a part that is `skew` behind a multiple of `align`; false: not enough room there. */
static bool place_in(const struct kmap_range *range, size_t pages, uint64_t align, uint64_t skew,
                     virt_addr_t *at)
{
    uint64_t gap = (skew - range->start) & (align - 1);

    *at = range->start + gap;
    return gap / PAGE_SIZE <= range->pages && pages <= range->pages - gap / PAGE_SIZE;
}

static struct kmap_range *search(unsigned class, size_t pages, uint64_t align, uint64_t skew,
                                 size_t tries, virt_addr_t *at)
{
    struct kmap_range *range;

    list_for_each_entry (range, &free_parts[class], by_class) {
        if (tries-- == 0) {
            break;
        }
        if (place_in(range, pages, align, skew, at)) {
            return range;
        }
    }
    return NULL;
}

static struct kmap_range *find_room(size_t pages, uint64_t align, uint64_t skew, virt_addr_t *at)
{
    static const size_t tries[] = {CLASS_TRIES, SIZE_MAX};

    for (unsigned i = 0; i < ARRAY_SIZE(tries); i++) {
        for (unsigned class = ilog2(pages); class < CLASSES; class ++) {
            struct kmap_range *range = search(class, pages, align, skew, tries[i], at);

            if (range) {
                return range;
            }
        }
    }
    return NULL;
}

/* What is left of a part from `start` on becomes one of its own. */
static struct kmap_range *cut(struct kmap_range *range, virt_addr_t start)
{
    size_t front = (start - range->start) / PAGE_SIZE;
    struct kmap_range *rest = new_record(start, range->pages - front);

    range->pages = front;
    rb_insert(&parts, &rest->node, starts_before);
    return rest;
}

struct kmap_range *kmap_ranges_take(size_t pages, uint64_t align, uint64_t skew)
{
    virt_addr_t at = 0;
    struct kmap_range *range;

    if (stock_count < 2) {
        return NULL;
    }
    range = find_room(pages, align, skew, &at);
    if (!range) {
        return NULL;
    }
    list_remove(&range->by_class);
    if (at != range->start) {
        struct kmap_range *front = range;

        range = cut(front, at);
        enlist(front);
    }
    if (range->pages > pages) {
        enlist(cut(range, range->start + pages * PAGE_SIZE));
    }
    range->used = true;
    return range;
}

void kmap_ranges_give(struct kmap_range *range)
{
    struct kmap_range *before = range_of(rb_prev(&range->node));
    struct kmap_range *behind = range_of(rb_next(&range->node));

    if (behind && !behind->used) {
        list_remove(&behind->by_class);
        range->pages += behind->pages;
        drop(behind);
    }
    if (before && !before->used) {
        list_remove(&before->by_class);
        before->pages += range->pages;
        drop(range);
        range = before;
    }
    enlist(range);
}

struct kmap_range *kmap_ranges_find(virt_addr_t va)
{
    return range_of(rb_find(&parts, &va, compare));
}

struct kmap_range *kmap_ranges_next(struct kmap_range *range)
{
    return range_of(range ? rb_next(&range->node) : rb_first(&parts));
}
