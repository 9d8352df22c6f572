/* SPDX-License-Identifier: MIT */
/* Whole page tables: made, freed, split from large leaves and promoted to them. Nothing recurses. */
#include "pt_walk.h"

#include <keel/errno.h>

/* Splitting at both ends of a range takes at most a table a level at each. */
#define SPLITS_MAX (2 * (PT_LEVELS_MAX - 1))

void pt_descend_by_reach(const struct page_table *pt, virt_addr_t va, unsigned stop,
                         struct pt_place *place)
{
    phys_addr_t page, above;

    place->entry = pt_walk(pt, va, stop, true, &place->level, &page, &above, place->pages);
}

phys_addr_t pt_new_table(struct page_table *pt)
{
    phys_addr_t page = pt->spare;

    if (page != 0) {
        pt->spare = 0;
        return page;
    }
    page = pt->ops->alloc();
    pt->table_pages += page != 0;
    return page;
}

static void free_table(struct page_table *pt, phys_addr_t page)
{
    pt->table_pages--;
    pt->ops->free(page);
}

/* Keeps the first empty table for whoever maps next, unless only the root is left beside it. */
void pt_retire_table(struct page_table *pt, phys_addr_t page)
{
    if (pt->spare == 0) {
        pt->spare = page;
    } else {
        free_table(pt, page);
    }
    if (pt->table_pages == 2) {
        free_table(pt, pt->spare);
        pt->spare = 0;
    }
}

/* All of them or none; a spare one is the first to be used, and then kept. */
static int alloc_tables(struct page_table *pt, phys_addr_t *pages, unsigned count)
{
    phys_addr_t spare = pt->spare;

    for (unsigned i = 0; i < count; i++) {
        pages[i] = pt_new_table(pt);
        if (pages[i] == 0) {
            while (i-- > (spare != 0)) {
                free_table(pt, pages[i]);
            }
            pt->spare = spare;
            return -ENOMEM;
        }
    }
    return 0;
}

int pt_extend(struct page_table *pt, virt_addr_t va, unsigned level, struct pt_place *place)
{
    phys_addr_t fresh[PT_LEVELS_MAX];
    unsigned count = place->level - level;
    int err;

    if (pt_is_present(pt->format, *place->entry)) {
        return -EEXIST;
    }
    err = alloc_tables(pt, fresh, count);
    if (err != 0) {
        return err;
    }
    pt_order_tables();
    while (place->level > level) {
        phys_addr_t page = fresh[--count];

        WRITE_ONCE(*place->entry, pt->format->table(page));
        pt_count(pt, place->pages[place->level], 1);
        place->level--;
        place->pages[place->level] = page;
        place->entry = &pt_table_at(pt, va, place->level, page)[pt_index_of(va, place->level)];
    }
    return 0;
}

static void free_later(struct page_table *pt, struct pt_free_list *list, phys_addr_t page)
{
    *pt_page_at(pt, page) = list->first;
    list->first = page;
}

void pt_free_all(struct page_table *pt, struct pt_free_list *list)
{
    while (list->first != 0) {
        phys_addr_t page = list->first;

        list->first = *pt_page_at(pt, page);
        *pt_page_at(pt, page) = 0;
        pt_retire_table(pt, page);
    }
}

/* The entry that leads to the table of `level` on the way to va. */
static pte_t *entry_above(const struct page_table *pt, virt_addr_t va, unsigned level,
                          const struct pt_place *place)
{
    pte_t *above = pt_table_at(pt, va, level + 1, place->pages[level + 1]);

    return &above[pt_index_of(va, level + 1)];
}

void pt_prune(struct page_table *pt, virt_addr_t va, struct pt_place *place,
              struct pt_free_list *list)
{
    uint32_t left = 0;

    while (left == 0 && place->level + 1 < pt->format->levels) {
        WRITE_ONCE(*entry_above(pt, va, place->level, place), 0);
        free_later(pt, list, place->pages[place->level]);
        place->level++;
        left = pt_count(pt, place->pages[place->level], -1);
    }
}

/* What the address in an entry grows by from one leaf to the next. */
static pte_t address_step(const struct pt_format *format, unsigned level)
{
    return pt_leaf_size(level) >> format->address_shift;
}

void pt_write_leaves(const struct page_table *pt, pte_t *entry, unsigned count, phys_addr_t pa,
                     unsigned level, uint32_t flags)
{
    pte_t leaf = pt->format->leaf(pa, level, flags);
    pte_t step = address_step(pt->format, level);

    for (unsigned i = 0; i < count; i++, leaf += step) {
        WRITE_ONCE(entry[i], leaf);
    }
}

/* Whether a table's leaves are those of one block, what the hardware writes apart. */
static bool is_uniform(const struct pt_format *format, const pte_t *table, unsigned level)
{
    pte_t same = ~format->keep_mask;
    pte_t step = address_step(format, level);
    pte_t leaf = table[0] & same;

    for (unsigned i = 0; i < PT_ENTRIES; i++, leaf += step) {
        if ((READ_ONCE(table[i]) & same) != leaf) {
            return false;
        }
    }
    return true;
}

/* Puts `entry` where another was, as the architecture asks; gives the old one as the hardware left
 * it, which writes to it no more. Old translations of the range may still be in TLBs. */
static pte_t replace_entry(struct page_table *pt, pte_t *place, pte_t entry, virt_addr_t va,
                           unsigned old_level, bool old_is_table)
{
    pte_t old;

    if (!pt->format->break_before_make) {
        return __atomic_exchange_n(place, entry, __ATOMIC_ACQ_REL);
    }
    old = __atomic_exchange_n(place, 0, __ATOMIC_ACQ_REL);
    pt->ops->flush(pt->ctx, va, pt_leaf_size(old_level + old_is_table), old_level, old_is_table);
    WRITE_ONCE(*place, entry);
    pt->ops->publish(pt->ctx, va, pt_leaf_size(old_level + old_is_table), !old_is_table);
    return old;
}

/* One large leaf in place of the table of `level`; the table goes once nothing leads to it. */
static void replace_table(struct page_table *pt, virt_addr_t va, unsigned level,
                          struct pt_place *place)
{
    const struct pt_format *format = pt->format;
    const pte_t *table = pt_table_at(pt, va, level, place->pages[level]);
    phys_addr_t pa = pt_leaf_address(format, table[0], level);
    pte_t *entry = entry_above(pt, va, level, place);
    pte_t leaf = format->leaf(pa, level + 1, format->flags(table[0], level));
    pte_t kept = 0;

    table = pt_page_at(pt, place->pages[level]);
    replace_entry(pt, entry, leaf, va, level, true);
    if (!format->break_before_make) {
        pt->ops->flush(pt->ctx, va, pt_leaf_size(level + 1), level, true);
    }
    for (unsigned i = 0; format->keep_mask != 0 && i < PT_ENTRIES; i++) {
        kept |= table[i] & format->keep_mask;
    }
    if (kept != 0) {
        __atomic_fetch_or(entry, kept, __ATOMIC_RELAXED);
    }
    free_table(pt, place->pages[level]);
}

void pt_promote(struct page_table *pt, virt_addr_t va, struct pt_place *place)
{
    const struct pt_format *format = pt->format;

    for (; place->level < pt->max_leaf; place->level++) {
        unsigned level = place->level;
        const pte_t *table = pt_table_at(pt, va, level, place->pages[level]);

        if (pt_count(pt, place->pages[level], 0) != PT_ENTRIES ||
            pt_is_table(format, table[0], level) ||
            !IS_ALIGNED(pt_leaf_address(format, table[0], level), pt_leaf_size(level + 1)) ||
            !is_uniform(format, table, level)) {
            return;
        }
        replace_table(pt, ALIGN_DOWN(va, pt_leaf_size(level + 1)), level, place);
    }
}

/* The large leaf at `place` becomes the table `page` of leaves one level down. */
static void split(struct page_table *pt, virt_addr_t va, const struct pt_place *place,
                  phys_addr_t page)
{
    const struct pt_format *format = pt->format;
    unsigned level = place->level;
    pte_t leaf = *place->entry;
    pte_t *table = pt_page_at(pt, page);
    pte_t kept;

    va = ALIGN_DOWN(va, pt_leaf_size(level));
    pt_write_leaves(pt, table, PT_ENTRIES, pt_leaf_address(format, leaf, level), level - 1,
                    format->flags(leaf, level));
    pt_count(pt, page, (int)PT_ENTRIES);
    pt_order_tables();
    kept = replace_entry(pt, place->entry, format->table(page), va, level, false);
    kept &= format->keep_mask;
    for (unsigned i = 0; kept != 0 && i < PT_ENTRIES; i++) {
        __atomic_fetch_or(&table[i], kept, __ATOMIC_RELAXED);
    }
    if (!format->break_before_make) {
        pt->ops->flush(pt->ctx, va, pt_leaf_size(level), level, false);
        pt->ops->publish(pt->ctx, va, pt_leaf_size(level), true);
    }
}

/* Whether a leaf of that level around `edge` must be split for one to start there. */
static bool sticks_out(virt_addr_t edge, unsigned level)
{
    return level > 0 && !IS_ALIGNED(edge, pt_leaf_size(level));
}

/* The highest level whose leaf is over `edge`, 0 where nothing is mapped. */
static unsigned leaf_level(const struct page_table *pt, virt_addr_t edge, struct pt_place *place)
{
    pt_descend(pt, edge, 0, place);
    return pt_is_present(pt->format, *place->entry) ? place->level : 0;
}

/* Tables that it takes to have leaves start at two addresses. */
static unsigned count_splits(const struct page_table *pt, virt_addr_t first, virt_addr_t second)
{
    struct pt_place place;
    unsigned count = 0;

    for (unsigned level = leaf_level(pt, first, &place); sticks_out(first, level); level--) {
        count++;
    }
    for (unsigned level = leaf_level(pt, second, &place); sticks_out(second, level); level--) {
        bool together = (first ^ second) < pt_leaf_size(level) && sticks_out(first, level);

        count += !together;
    }
    return count;
}

static void split_at(struct page_table *pt, virt_addr_t edge, const phys_addr_t *pages,
                     unsigned *next)
{
    struct pt_place place;

    while (sticks_out(edge, leaf_level(pt, edge, &place))) {
        split(pt, edge, &place, pages[(*next)++]);
    }
}

int pt_split_ends(struct page_table *pt, virt_addr_t first, virt_addr_t last)
{
    virt_addr_t second = last == pt->last ? first : last + 1;
    phys_addr_t pages[SPLITS_MAX] = {0};
    unsigned count = count_splits(pt, first, second), next = 0;
    int err = alloc_tables(pt, pages, count);

    if (err == 0 && count != 0) {
        split_at(pt, first, pages, &next);
        split_at(pt, second, pages, &next);
    }
    return err;
}

static int split_large_page(struct page_table *pt, virt_addr_t va)
{
    struct pt_place place;
    phys_addr_t page;

    if (va < pt->first || va > pt->last) {
        return -ENOENT;
    }
    pt_descend(pt, va, 0, &place);
    if (!pt_is_present(pt->format, *place.entry)) {
        return -ENOENT;
    }
    if (place.level == 0) {
        return 0;
    }
    page = pt_new_table(pt);
    if (page == 0) {
        return -ENOMEM;
    }
    split(pt, va, &place, page);
    return 0;
}

int pt_split_large_page(struct page_table *pt, virt_addr_t va)
{
    uint64_t before = pt_enter(pt);
    int err = split_large_page(pt, va);

    pt_leave(pt, before);
    return err;
}

void pt_adopt(struct page_table *pt, const struct pt_format *format, const struct pt_ops *ops,
              void *ctx, phys_addr_t root, virt_addr_t first, virt_addr_t last)
{
    *pt = (struct page_table){
        .format = format,
        .ops = ops,
        .ctx = ctx,
        .root = root,
        .window = (uintptr_t)ops->virt(0),
        .first = first,
        .last = last,
        .pa_last = UINT64_MAX >> (64 - format->pa_bits),
        .max_leaf = format->max_leaf,
        .root_entries = pt_index_of(last, format->levels - 1) + 1,
    };
}

int pt_create(struct page_table *pt, const struct pt_format *format, const struct pt_ops *ops,
              void *ctx)
{
    unsigned bits = format->va_bits - (format->sign_extended ? 1 : 0);

    pt_adopt(pt, format, ops, ctx, 0, 0, (1ull << bits) - 1);
    pt->root = pt_new_table(pt);
    return pt->root == 0 ? -ENOMEM : 0;
}

/* The next table below a table page from entry *index on, or 0. */
static phys_addr_t next_table(const struct page_table *pt, phys_addr_t page, unsigned level,
                              unsigned end, unsigned *index)
{
    const pte_t *table = pt_page_at(pt, page);

    for (; level > 0 && *index < end; ++*index) {
        if (pt_is_table(pt->format, table[*index], level)) {
            return pt_table_address(pt->format, table[*index]);
        }
    }
    return 0;
}

void pt_destroy(struct page_table *pt)
{
    /* Nobody runs on them any more: they are pages like others. */
    unsigned top = pt->format->levels - 1, level = top;
    phys_addr_t pages[PT_LEVELS_MAX];
    unsigned index[PT_LEVELS_MAX];

    pages[top] = pt->root;
    index[top] = 0;
    pt->ops->flush(pt->ctx, pt->first, pt->last - pt->first + 1, 0, true);
    if (pt->spare != 0) {
        free_table(pt, pt->spare);
        pt->spare = 0;
    }
    for (;;) {
        unsigned end = level == top ? pt->root_entries : PT_ENTRIES;
        phys_addr_t below = next_table(pt, pages[level], level, end, &index[level]);

        if (below != 0) {
            index[level]++;
            level--;
            pages[level] = below;
            index[level] = 0;
            continue;
        }
        free_table(pt, pages[level]);
        if (level++ == top) {
            pt->root = 0;
            return;
        }
    }
}
