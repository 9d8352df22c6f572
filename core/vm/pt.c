/* SPDX-License-Identifier: MIT */
/* The page-table walker, one for all formats: maps, unmaps, changes flags, looks up. Each step works on
 * a run of entries within one table; nothing recurses. */
#include "pt_walk.h"

#include <keel/errno.h>

#define VM_RIGHTS (VM_READ | VM_WRITE | VM_EXEC)

/* Whether the table can translate all of the range; a size of 0 is no range. */
static inline bool covers(const struct page_table *pt, virt_addr_t va, uint64_t size)
{
    return va >= pt->first && va <= pt->last && size - 1 <= pt->last - va &&
           IS_ALIGNED(va | size, PAGE_SIZE);
}

static inline bool can_hold(const struct page_table *pt, phys_addr_t pa, uint64_t size,
                            uint32_t flags)
{
    return pa <= pt->pa_last && size - 1 <= pt->pa_last - pa && IS_ALIGNED(pa, PAGE_SIZE) &&
           (flags & VM_RIGHTS) != 0;
}

/* The same for one page: both ends of what there is are ends of pages. */
static inline bool covers_page(const struct page_table *pt, virt_addr_t va)
{
    return va >= pt->first && va <= pt->last && IS_ALIGNED(va, PAGE_SIZE);
}

static inline bool can_hold_page(const struct page_table *pt, phys_addr_t pa, uint32_t flags)
{
    return pa <= pt->pa_last && IS_ALIGNED(pa, PAGE_SIZE) && (flags & VM_RIGHTS) != 0;
}

/* How many of `count` entries from `place` on are absent, up to the first that is not. */
static unsigned count_absent(const struct page_table *pt, const struct pt_place *place,
                             unsigned count)
{
    unsigned i = 0;

    while (i < count && !pt_is_present(pt->format, place->entry[i])) {
        i++;
    }
    return i;
}

/* -EEXIST when anything is mapped in the range. */
static int check_absent(const struct page_table *pt, virt_addr_t va, uint64_t size)
{
    while (size > 0) {
        struct pt_place place;
        unsigned run, count;
        uint64_t done;

        pt_descend(pt, va, 0, &place);
        run = pt_run_length(&place, va, size);
        count = count_absent(pt, &place, run);
        if (count < run && pt_is_leaf(pt->format, place.entry[count], place.level)) {
            return -EEXIST;
        }
        done = pt_run_bytes(&place, count, va, size);
        va += done;
        size -= done;
    }
    return 0;
}

/* The highest level whose leaf fits alignment and size. */
static unsigned pick_level(const struct page_table *pt, virt_addr_t va, phys_addr_t pa,
                           uint64_t size)
{
    unsigned level = pt->max_leaf;

    while (level > 0 && (size < pt_leaf_size(level) || !IS_ALIGNED(va | pa, pt_leaf_size(level)))) {
        level--;
    }
    return level;
}

/* Maps as much as fits one table; gives the bytes, or a negative errno with nothing changed. Expects
 * the range to be absent. */
static int64_t map_run(struct page_table *pt, virt_addr_t va, phys_addr_t pa, uint64_t size,
                       uint32_t flags, bool *tables)
{
    unsigned level = pick_level(pt, va, pa, size);
    struct pt_place place;
    unsigned count;

    pt_descend(pt, va, level, &place);
    while (level > 0 && pt_is_table(pt->format, *place.entry, place.level)) { /* empty, kept */
        pt_descend(pt, va, --level, &place);
    }
    if (place.level > level) {
        int err = pt_extend(pt, va, level, &place);

        if (err != 0) {
            return err;
        }
        *tables = true;
    }
    count = MIN((uint64_t)(PT_ENTRIES - pt_index(place.entry)), size / pt_leaf_size(level));
    count = count_absent(pt, &place, count);
    pt_write_leaves(pt, place.entry, count, pa, level, flags);
    pt_count(pt, place.pages[level], (int)count);
    return (int64_t)(count * pt_leaf_size(level));
}

/* What was found in a range on the way through it. */
struct sweep {
    struct pt_free_list list;
    unsigned level; /* of the smallest leaf */
    bool any;       /* leaves */
};

/* Clears the leaves of the table at `place` that lie in the range; gives the bytes dealt with. */
static inline uint64_t unmap_run(struct page_table *pt, struct pt_place *place, virt_addr_t va,
                                 uint64_t size, struct sweep *sweep)
{
    const struct pt_format *format = pt->format;
    unsigned count = pt_run_length(place, va, size);
    unsigned cleared = 0, i;
    uint64_t done;

    for (i = 0; i < count; i++) {
        pte_t old = READ_ONCE(place->entry[i]);

        if (!pt_is_present(format, old)) {
            continue;
        }
        if (pt_is_table(format, old, place->level)) {
            break;
        }
        WRITE_ONCE(place->entry[i], 0);
        cleared++;
    }
    done = pt_run_bytes(place, i, va, size);
    if (cleared != 0) {
        sweep->any = true;
        sweep->level = MIN(sweep->level, place->level);
        if (pt_count(pt, place->pages[place->level], -(int)cleared) == 0) {
            pt_prune(pt, va, place, &sweep->list);
        }
    }
    return done;
}

/* Unmaps a range, which starts at `place`, and at whose ends no leaf sticks out. */
static void unmap_whole(struct page_table *pt, struct pt_place *place, virt_addr_t va,
                        uint64_t size)
{
    struct sweep sweep = {.level = PT_LEVELS_MAX};
    uint64_t done = unmap_run(pt, place, va, size, &sweep);

    while (done < size) {
        pt_descend(pt, va + done, 0, place);
        done += unmap_run(pt, place, va + done, size - done, &sweep);
    }
    if (sweep.any) {
        pt->ops->flush(pt->ctx, va, size, sweep.level, sweep.list.first != 0);
        if (sweep.list.first != 0) {
            pt_free_all(pt, &sweep.list);
        }
    }
}

/* Takes back what a failed map has done. */
static void undo_map(struct page_table *pt, virt_addr_t va, uint64_t size)
{
    struct pt_place place;

    if (size != 0) {
        pt_descend(pt, va, 0, &place);
        unmap_whole(pt, &place, va, size);
    }
}

/* The tables at the ends of a range may have become full and uniform; those in between lie in it
 * whole, and would be large leaves already. */
static void promote_ends(struct page_table *pt, virt_addr_t first, virt_addr_t last)
{
    struct pt_place place;

    pt_descend(pt, first, 0, &place);
    pt_promote(pt, first, &place);
    if (first >> (PAGE_SHIFT + PT_INDEX_BITS) != last >> (PAGE_SHIFT + PT_INDEX_BITS)) {
        pt_descend(pt, last, 0, &place);
        pt_promote(pt, last, &place);
    }
}

/* Maps a range by the table; on an error takes back what was mapped. */
static int map_by_runs(struct page_table *pt, virt_addr_t va, phys_addr_t pa, uint64_t size,
                       uint32_t flags)
{
    bool tables = false;
    uint64_t done = 0;
    int err = check_absent(pt, va, size);

    while (err == 0 && done < size) {
        int64_t run = map_run(pt, va + done, pa + done, size - done, flags, &tables);

        if (run < 0) {
            err = (int)run;
            undo_map(pt, va, done);
        } else {
            done += (uint64_t)run;
        }
    }
    if (err == 0) {
        pt->ops->publish(pt->ctx, va, size, tables);
        promote_ends(pt, va, va + size - 1);
    }
    return err;
}

#define NOT_ONE_RUN 1 /* no error: there are tables in the way */

/* Maps `count` leaves of `level` that lie in one table, or gives an error with nothing changed. */
static int map_one_run(struct page_table *pt, virt_addr_t va, phys_addr_t pa, unsigned count,
                       unsigned level, uint32_t flags)
{
    struct pt_place place;
    bool tables;

    pt_descend(pt, va, level, &place);
    tables = place.level > level;
    if (tables) {
        int err = pt_extend(pt, va, level, &place);

        if (err != 0) {
            return err;
        }
    } else if (count_absent(pt, &place, count) < count) {
        return level == 0 ? -EEXIST : NOT_ONE_RUN;
    }
    pt_write_leaves(pt, place.entry, count, pa, level, flags);
    pt->ops->publish(pt->ctx, va, count * pt_leaf_size(level), tables);
    if (pt_count(pt, place.pages[level], (int)count) == PT_ENTRIES) {
        pt_promote(pt, va, &place);
    }
    return 0;
}

static int map_range(struct page_table *pt, virt_addr_t va, phys_addr_t pa, uint64_t size,
                     uint32_t flags)
{
    unsigned level;
    uint64_t count;

    if (!covers(pt, va, size) || !can_hold(pt, pa, size, flags)) {
        return -EINVAL;
    }
    level = pick_level(pt, va, pa, size);
    count = size >> (PAGE_SHIFT + PT_INDEX_BITS * level);
    if (IS_ALIGNED(size, pt_leaf_size(level)) && count <= PT_ENTRIES - pt_index_of(va, level)) {
        int err = map_one_run(pt, va, pa, (unsigned)count, level, flags);

        if (err <= 0) {
            return err;
        }
    }
    return map_by_runs(pt, va, pa, size, flags);
}

/* Maps a page by a new table under the absent entry of level 1 that is in the table `above`; tables in
 * use are in the direct map. */
static __noinline int map_page_by_table(struct page_table *pt, virt_addr_t va, phys_addr_t pa,
                                        uint32_t flags, pte_t *entry, phys_addr_t above)
{
    phys_addr_t page = pt_new_table(pt);

    if (page == 0) {
        return -ENOMEM;
    }
    pt_page_at(pt, page)[pt_index_of(va, 0)] = pt->format->leaf(pa, 0, flags);
    pt_count(pt, page, 1);
    pt_order_tables();
    WRITE_ONCE(*entry, pt->format->table(page));
    pt_count(pt, above, 1);
    pt->ops->publish(pt->ctx, va, PAGE_SIZE, true);
    return 0;
}

static __always_inline int map_page(struct page_table *pt, virt_addr_t va, phys_addr_t pa,
                                    uint32_t flags, bool by_reach)
{
    phys_addr_t page, above;
    unsigned level;
    pte_t *entry;

    if (!covers_page(pt, va) || !can_hold_page(pt, pa, flags)) {
        return -EINVAL;
    }
    entry = pt_walk(pt, va, 0, by_reach, &level, &page, &above, NULL);
    if (unlikely(level > (by_reach ? 0 : 1))) {
        return map_one_run(pt, va, pa, 1, 0, flags);
    }
    if (pt_is_present(pt->format, *entry)) {
        return -EEXIST;
    }
    if (unlikely(level == 1)) {
        return map_page_by_table(pt, va, pa, flags, entry, page);
    }
    WRITE_ONCE(*entry, pt->format->leaf(pa, 0, flags));
    pt->ops->publish(pt->ctx, va, PAGE_SIZE, false);
    if (unlikely(pt_count(pt, page, 1) == PT_ENTRIES)) {
        promote_ends(pt, va, va);
    }
    return 0;
}

/* Whether no leaf sticks out at the ends of a range that starts at `place`: they are ends of entries of
 * one table, and leaves below these end there as well. */
static inline bool ends_fit(const struct pt_place *place, virt_addr_t va, uint64_t size)
{
    return IS_ALIGNED(va | size, pt_leaf_size(place->level)) &&
           (va ^ (va + size - 1)) < pt_leaf_size(place->level + 1);
}

/* Finds the start of a range, having split leaves that stick out at its ends. -ENOMEM. */
static inline int find_range(struct page_table *pt, virt_addr_t va, uint64_t size,
                             struct pt_place *place)
{
    int err;

    pt_descend(pt, va, 0, place);
    if (likely(ends_fit(place, va, size))) {
        return 0;
    }
    err = pt_split_ends(pt, va, va + size - 1);
    if (err == 0) {
        pt_descend(pt, va, 0, place);
    }
    return err;
}

static int unmap_range(struct page_table *pt, virt_addr_t va, uint64_t size)
{
    struct pt_place place;
    int err;

    if (!covers(pt, va, size)) {
        return -EINVAL;
    }
    err = find_range(pt, va, size, &place);
    if (err == 0) {
        unmap_whole(pt, &place, va, size);
    }
    return err;
}

/* Takes out tables that became empty with the last page unmapped, and forgets that page. */
static __noinline void take_out_tables(struct page_table *pt, virt_addr_t va)
{
    struct pt_free_list list = {0};
    struct pt_place place;

    pt_descend(pt, va, 0, &place);
    pt_prune(pt, va, &place, &list);
    pt->ops->flush(pt->ctx, va, PAGE_SIZE, 0, true);
    pt_free_all(pt, &list);
}

/* The same for one table, `page`, when there are others in the one above. */
static __noinline void take_out_empty(struct page_table *pt, virt_addr_t va, phys_addr_t page,
                                      phys_addr_t above)
{
    uint32_t *used = pt->ops->used(above);

    if (*used == 1) {
        take_out_tables(pt, va);
        return;
    }
    --*used;
    WRITE_ONCE(pt_table_at(pt, va, 1, above)[pt_index_of(va, 1)], 0);
    pt->ops->flush(pt->ctx, va, PAGE_SIZE, 0, true);
    pt_retire_table(pt, page);
}

static __always_inline int unmap_page(struct page_table *pt, virt_addr_t va, bool by_reach)
{
    phys_addr_t page, above;
    unsigned level;
    pte_t *entry;

    if (!covers_page(pt, va)) {
        return -EINVAL;
    }
    entry = pt_walk(pt, va, 0, by_reach, &level, &page, &above, NULL);
    if (unlikely(level != 0)) {
        return unmap_range(pt, va, PAGE_SIZE);
    }
    if (!pt_is_present(pt->format, *entry)) {
        return 0;
    }
    WRITE_ONCE(*entry, 0);
    if (unlikely(pt_count(pt, page, -1) == 0)) {
        take_out_empty(pt, va, page, above);
    } else {
        pt->ops->flush(pt->ctx, va, PAGE_SIZE, 0, false);
    }
    return 0;
}

/* Changes a leaf that was `old` but for the bits in `keep`, which the hardware may be writing if the
 * leaf is `shared` with it. */
static inline void change_leaf(pte_t *entry, pte_t old, pte_t keep, pte_t bits, bool shared)
{
    if (!shared) {
        WRITE_ONCE(*entry, (old & keep) | bits);
        return;
    }
    while (!__atomic_compare_exchange_n(entry, &old, (old & keep) | bits, true, __ATOMIC_RELAXED,
                                        __ATOMIC_RELAXED)) {
    }
}

/* Gives leaves of a table their new flags, up to the first entry that is a table; how many entries
 * that were, and with *any whether there was a leaf among them. */
static unsigned change_leaves(const struct pt_format *format, const struct pt_place *place,
                              unsigned count, uint32_t flags, bool *any)
{
    pte_t address = format->address_mask & -(pt_leaf_size(place->level) >> format->address_shift);
    pte_t keep = address | format->keep_mask;
    pte_t bits = format->leaf(0, place->level, flags);
    bool shared = format->keep_mask != 0;
    unsigned i;

    for (i = 0; i < count; i++) {
        pte_t *entry = &place->entry[i];
        pte_t old = READ_ONCE(*entry);

        if (!pt_is_present(format, old)) {
            continue;
        }
        if (pt_is_table(format, old, place->level)) {
            break;
        }
        *any = true;
        change_leaf(entry, old, keep, bits, shared);
    }
    return i;
}

/* Gives the leaves of the table at `place` that lie in the range their new flags, which may make it
 * uniform; gives the bytes dealt with. */
static inline uint64_t protect_run(struct page_table *pt, struct pt_place *place, virt_addr_t va,
                                   uint64_t size, uint32_t flags, struct sweep *sweep)
{
    bool any = false;
    unsigned count = change_leaves(pt->format, place, pt_run_length(place, va, size), flags, &any);
    uint64_t done = pt_run_bytes(place, count, va, size);

    if (any) {
        sweep->any = true;
        sweep->level = MIN(sweep->level, place->level);
        pt_promote(pt, va, place);
    }
    return done;
}

static int protect_range(struct page_table *pt, virt_addr_t va, uint64_t size, uint32_t flags)
{
    struct sweep sweep = {.level = PT_LEVELS_MAX};
    struct pt_place place;
    uint64_t done;
    int err;

    if (!covers(pt, va, size) || (flags & VM_RIGHTS) == 0) {
        return -EINVAL;
    }
    err = find_range(pt, va, size, &place);
    if (err != 0) {
        return err;
    }
    for (done = protect_run(pt, &place, va, size, flags, &sweep); done < size;) {
        pt_descend(pt, va + done, 0, &place);
        done += protect_run(pt, &place, va + done, size - done, flags, &sweep);
    }
    if (sweep.any) {
        pt->ops->flush(pt->ctx, va, size, sweep.level, false);
    }
    return 0;
}

/* A page of tables that are in the direct map. */
static inline int protect_page(struct page_table *pt, virt_addr_t va, uint32_t flags)
{
    const struct pt_format *format = pt->format;
    phys_addr_t page, above;
    unsigned level;
    pte_t *entry, old;

    if (!covers_page(pt, va) || (flags & VM_RIGHTS) == 0) {
        return -EINVAL;
    }
    entry = pt_walk(pt, va, 0, false, &level, &page, &above, NULL);
    if (unlikely(level != 0)) {
        return protect_range(pt, va, PAGE_SIZE, flags);
    }
    old = READ_ONCE(*entry);
    if (!pt_is_present(format, old)) {
        return 0;
    }
    change_leaf(entry, old, format->address_mask | format->keep_mask, format->leaf(0, 0, flags),
                format->keep_mask != 0);
    if (unlikely(pt_count(pt, page, 0) == PT_ENTRIES)) {
        promote_ends(pt, va, va);
    }
    pt->ops->flush(pt->ctx, va, PAGE_SIZE, 0, false);
    return 0;
}

static __always_inline int query_entry(const struct page_table *pt, virt_addr_t va,
                                       struct pt_entry *out, bool by_reach)
{
    const struct pt_format *format = pt->format;
    phys_addr_t page, above;
    unsigned level;
    pte_t entry;

    if (va < pt->first || va > pt->last) {
        return -ENOENT;
    }
    entry = READ_ONCE(*pt_walk(pt, va, 0, by_reach, &level, &page, &above, NULL));
    if (!pt_is_present(format, entry)) {
        return -ENOENT;
    }
    out->level = level;
    out->size = pt_leaf_size(level);
    out->pa = pt_leaf_address(format, entry, level) + (va & (out->size - 1));
    out->flags = format->flags(entry, level);
    out->accessed = (entry & format->accessed_mask) != 0;
    out->dirty = (entry & format->dirty_mask) == format->dirty_value;
    return 0;
}

/* The ways for one page come twice: the short one through the direct map, and this. */

static __noinline int map_page_by_reach(struct page_table *pt, virt_addr_t va, phys_addr_t pa,
                                        uint32_t flags)
{
    uint64_t before = pt_enter(pt);
    int err = map_page(pt, va, pa, flags, true);

    pt_leave(pt, before);
    return err;
}

static __noinline int unmap_page_by_reach(struct page_table *pt, virt_addr_t va)
{
    uint64_t before = pt_enter(pt);
    int err = unmap_page(pt, va, true);

    pt_leave(pt, before);
    return err;
}

static __noinline int query_by_reach(const struct page_table *pt, virt_addr_t va,
                                     struct pt_entry *out)
{
    uint64_t before = pt_enter(pt);
    int err = query_entry(pt, va, out, true);

    pt_leave(pt, before);
    return err;
}

int pt_map_page(struct page_table *pt, virt_addr_t va, phys_addr_t pa, uint32_t flags)
{
    return unlikely(pt->ops->access) ? map_page_by_reach(pt, va, pa, flags)
                                     : map_page(pt, va, pa, flags, false);
}

int pt_map_range(struct page_table *pt, virt_addr_t va, phys_addr_t pa, uint64_t size,
                 uint32_t flags)
{
    uint64_t before = pt_enter(pt);
    int err = map_range(pt, va, pa, size, flags);

    pt_leave(pt, before);
    return err;
}

int pt_unmap_page(struct page_table *pt, virt_addr_t va)
{
    return unlikely(pt->ops->access) ? unmap_page_by_reach(pt, va) : unmap_page(pt, va, false);
}

int pt_unmap_range(struct page_table *pt, virt_addr_t va, uint64_t size)
{
    uint64_t before;
    int err;

    if (size == PAGE_SIZE) {
        return pt_unmap_page(pt, va);
    }
    before = pt_enter(pt);
    err = unmap_range(pt, va, size);
    pt_leave(pt, before);
    return err;
}

int pt_protect_range(struct page_table *pt, virt_addr_t va, uint64_t size, uint32_t flags)
{
    uint64_t before;
    int err;

    if (size == PAGE_SIZE && likely(!pt->ops->access)) {
        return protect_page(pt, va, flags);
    }
    before = pt_enter(pt);
    err = protect_range(pt, va, size, flags);
    pt_leave(pt, before);
    return err;
}

int pt_query_entry(const struct page_table *pt, virt_addr_t va, struct pt_entry *out)
{
    return unlikely(pt->ops->access) ? query_by_reach(pt, va, out)
                                     : query_entry(pt, va, out, false);
}

int pt_translate(const struct page_table *pt, virt_addr_t va, phys_addr_t *pa)
{
    struct pt_entry entry;
    int err = pt_query_entry(pt, va, &entry);

    if (err == 0) {
        *pa = entry.pa;
    }
    return err;
}
