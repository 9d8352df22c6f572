/* SPDX-License-Identifier: MIT */
/* The way down the tables, shared by all that look at them or change them. */
#ifndef CORE_VM_PT_WALK_H
#define CORE_VM_PT_WALK_H

#include <arch/layout.h>
#include <keel/pagetable.h>

/* A place in the tables: one entry, and the way that led to it. */
struct pt_place {
    unsigned level;
    pte_t *entry;
    phys_addr_t pages[PT_LEVELS_MAX]; /* the table page of each level from the root down to this */
};

/* Table pages taken out, to be freed once no TLB can lead to them. Each holds the address of the next
 * in its first entry, which to the hardware is an absent one. */
struct pt_free_list {
    phys_addr_t first;
};

static inline uint64_t pt_leaf_size(unsigned level)
{
    return (uint64_t)PAGE_SIZE << (PT_INDEX_BITS * level);
}

static inline unsigned pt_index_of(virt_addr_t va, unsigned level)
{
    return va >> (PAGE_SHIFT + PT_INDEX_BITS * level) & (PT_ENTRIES - 1);
}

static inline bool pt_is_present(const struct pt_format *format, pte_t entry)
{
    return (entry & format->present_mask) != 0;
}

static inline bool pt_is_table(const struct pt_format *format, pte_t entry, unsigned level)
{
    return level > 0 && (entry & format->table_mask) == format->table_value;
}

static inline bool pt_is_leaf(const struct pt_format *format, pte_t entry, unsigned level)
{
    return pt_is_present(format, entry) && !pt_is_table(format, entry, level);
}

/* Where a table lies that an entry points to. */
static inline phys_addr_t pt_table_address(const struct pt_format *format, pte_t entry)
{
    return (entry & format->address_mask) << format->address_shift;
}

/* Where the memory of a leaf starts. Low bits of a large leaf's address mean other things. */
static inline phys_addr_t pt_leaf_address(const struct pt_format *format, pte_t entry,
                                          unsigned level)
{
    return ALIGN_DOWN(pt_table_address(format, entry), pt_leaf_size(level));
}

/* Around every operation on tables in use. */
static inline uint64_t pt_enter(const struct page_table *pt)
{
    return IS_ENABLED(CONFIG_PT_RECURSIVE) && pt->ops->access ? pt->ops->access->enter(pt) : 0;
}

static inline void pt_leave(const struct page_table *pt, uint64_t before)
{
    if (IS_ENABLED(CONFIG_PT_RECURSIVE) && pt->ops->access) {
        pt->ops->access->leave(before);
    }
}

/* A table page that is in no table (yet, or any more). */
static inline pte_t *pt_page_at(const struct page_table *pt, phys_addr_t page)
{
    return (pte_t *)(pt->window + page);
}

/* The table of `level` on the way to va. */
static inline pte_t *pt_table_at(const struct page_table *pt, virt_addr_t va, unsigned level,
                                 phys_addr_t page)
{
    return pt->ops->access ? pt->ops->access->reach(pt, va, level, page) : pt_page_at(pt, page);
}

/* Goes down towards va until an entry that is no table, or `stop`: gives the entry, its level and the
 * pages of its table and of the one above, and notes in `pages`, when there is one, those of all
 * levels. */
static __always_inline pte_t *pt_walk(const struct page_table *pt, virt_addr_t va, unsigned stop,
                                      bool by_reach, unsigned *level_out, phys_addr_t *page_out,
                                      phys_addr_t *above_out, phys_addr_t *pages)
{
    const struct pt_format *format = pt->format;
    unsigned level = format->levels - 1;
    unsigned shift = PAGE_SHIFT + PT_INDEX_BITS * level;
    phys_addr_t page = pt->root, above = 0;
    pte_t *entry;

    for (;; level--, shift -= PT_INDEX_BITS) {
        pte_t *table =
            by_reach ? pt->ops->access->reach(pt, va, level, page) : pt_page_at(pt, page);
        pte_t value;

        entry = &table[va >> shift & (PT_ENTRIES - 1)];
        if (pages) {
            pages[level] = page;
        }
        if (level <= stop) {
            break;
        }
        value = READ_ONCE(*entry);
        if ((value & format->table_mask) != format->table_value) {
            break;
        }
        above = page;
        page = pt_table_address(format, value);
    }
    *level_out = level;
    *page_out = page;
    *above_out = above;
    return entry;
}

/* The same for later changes, with all that led there. */
void pt_descend_by_reach(const struct page_table *pt, virt_addr_t va, unsigned stop,
                         struct pt_place *place);

static inline void pt_descend(const struct page_table *pt, virt_addr_t va, unsigned stop,
                              struct pt_place *place)
{
    phys_addr_t page, above;

    if (unlikely(pt->ops->access)) {
        pt_descend_by_reach(pt, va, stop, place);
    } else {
        place->entry = pt_walk(pt, va, stop, false, &place->level, &page, &above, place->pages);
    }
}

/* Where in its table an entry is. */
static inline unsigned pt_index(const pte_t *entry)
{
    return (uintptr_t)entry / sizeof(*entry) % PT_ENTRIES;
}

/* Entries from `place` on that lie in its table and in [va, va + size). */
static inline unsigned pt_run_length(const struct pt_place *place, virt_addr_t va, uint64_t size)
{
    unsigned shift = PAGE_SHIFT + PT_INDEX_BITS * place->level;
    uint64_t count = (((va + size - 1) >> shift) - (va >> shift)) + 1;
    unsigned index = pt_index(place->entry);

    return count < PT_ENTRIES - index ? (unsigned)count : PT_ENTRIES - index;
}

/* How many bytes from va on `count` entries from `place` cover, at most `size`. */
static inline uint64_t pt_run_bytes(const struct pt_place *place, unsigned count, virt_addr_t va,
                                    uint64_t size)
{
    uint64_t step = pt_leaf_size(place->level);
    uint64_t bytes = count * step - (va & (step - 1));

    return bytes < size ? bytes : size;
}

/* --- pt_table.c: whole tables --- */

/* Adds to the count of present entries of a table page; the new count, or 1 where none is kept. */
static inline uint32_t pt_count(const struct page_table *pt, phys_addr_t page, int change)
{
    uint32_t *used = pt->ops->used(page);

    return used ? *used += (uint32_t)change : 1;
}

/* An empty table page, 0: none; and what becomes of one that nothing leads to any more, not even a
 * TLB. */
phys_addr_t pt_new_table(struct page_table *pt);
void pt_retire_table(struct page_table *pt, phys_addr_t page);

/* What has been written to a table is there for the hardware before the entry that leads to it. */
static inline void pt_order_tables(void)
{
    __atomic_thread_fence(__ATOMIC_RELEASE);
}

/* Makes tables under the absent entry at `place` until `level` is reached; all or nothing. -EEXIST
 * when a leaf is in the way, -ENOMEM. */
int pt_extend(struct page_table *pt, virt_addr_t va, unsigned level, struct pt_place *place);

/* Takes the table of `place`, which has become empty, out, and those above that become so with it. */
void pt_prune(struct page_table *pt, virt_addr_t va, struct pt_place *place,
              struct pt_free_list *list);
void pt_free_all(struct page_table *pt, struct pt_free_list *list);

/* Writes `count` leaves whose addresses rise. */
void pt_write_leaves(const struct page_table *pt, pte_t *entry, unsigned count, phys_addr_t pa,
                     unsigned level, uint32_t flags);

/* Turns full, uniform tables on the way up from the one of `place` into large leaves. */
void pt_promote(struct page_table *pt, virt_addr_t va, struct pt_place *place);

/* Splits leaves until one starts at `first` and one ends behind `last` (bytes; where something is
 * mapped). -ENOMEM: nothing is changed. */
int pt_split_ends(struct page_table *pt, virt_addr_t first, virt_addr_t last);

#endif
