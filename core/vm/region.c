/* SPDX-License-Identifier: MIT */
/* Regions: the tree that divides an address space, and the mappings in it. */
#include "aspace_internal.h"

#include <arch/layout.h>
#include <keel/errno.h>
#include <keel/heap.h>
#include <keel/prng.h>

#define LARGE_SIZE      (2ull << 20)
#define PLACE_TRIES     16
#define WINDOW_SIZE     (1ull << 30)
#define RIGHTS          (VM_READ | VM_WRITE | VM_EXEC)
#define PLACEMENT       (ASPACE_SPECIFIC | ASPACE_OVERWRITE | ASPACE_MAP_RANGE)

#define CLEARED_AT_ONCE 64u /* mappings and regions, between two chances for others to run */

static struct objcache *mapped_cache;

int aspace_init(void)
{
    mapped_cache = objcache_create("mapping", sizeof(struct vm_mapped), sizeof(uint64_t));
    return mapped_cache ? 0 : -ENOMEM;
}

static struct vm_area *area_of(const struct rb_node *node)
{
    return node ? rb_entry(node, struct vm_area, node) : NULL;
}

static struct vm_region *as_region(struct vm_area *area)
{
    return container_of(area, struct vm_region, area);
}

static struct vm_mapped *as_mapped(struct vm_area *area)
{
    return container_of(area, struct vm_mapped, area);
}

static bool area_less(const struct rb_node *a, const struct rb_node *b)
{
    return area_of(a)->base < area_of(b)->base;
}

static bool is_fixed(const struct vm_area *area)
{
    return area->is_region && container_of(area, const struct vm_region, area)->fixed;
}

/* Finds the area that ends behind an address. */
static int area_compare(const void *key, const struct rb_node *node)
{
    const struct vm_area *area = area_of(node);
    virt_addr_t va = *(const virt_addr_t *)key;

    return va < area->base ? -1 : va - area->base < area->size ? 0 : 1;
}

/* The first area of a region that ends behind va. */
static struct vm_area *area_from(const struct vm_region *region, virt_addr_t va)
{
    return area_of(rb_search(&region->areas, &va, area_compare));
}

static struct vm_area *area_next(const struct vm_area *area)
{
    return area_of(rb_next(&area->node));
}

/* Whether an area that ends behind va reaches into [va, va + size). */
static bool reaches_in(const struct vm_area *area, virt_addr_t va, uint64_t size)
{
    return area && (area->base < va || area->base - va < size);
}

static bool is_free(const struct vm_region *region, virt_addr_t va, uint64_t size)
{
    return !reaches_in(area_from(region, va), va, size);
}

static bool inside(const struct vm_region *region, virt_addr_t va, uint64_t size)
{
    return size != 0 && va >= region->area.base && size <= region->area.size &&
           va - region->area.base <= region->area.size - size;
}

/* First gap from the start on: for regions too full for luck. */
static bool first_gap(const struct vm_region *region, uint64_t size, uint64_t align,
                      virt_addr_t *out)
{
    virt_addr_t at = ALIGN_UP(region->area.base, align);
    const struct vm_area *area = area_from(region, at);

    while (inside(region, at, size)) {
        if (!area || !reaches_in(area, at, size)) {
            *out = at;
            return true;
        }
        at = ALIGN_UP(area->base + area->size, align);
        area = area_next(area);
        while (area && area->base < at) { /* alignment may have skipped some */
            at = ALIGN_UP(MAX(at, area->base + area->size), align);
            area = area_next(area);
        }
    }
    return false;
}

/* A random place in the stretch [from, from + span), which is long enough; true: nothing is there. */
static inline bool try_place(const struct vm_region *region, virt_addr_t from, uint64_t span,
                             uint64_t size, uint64_t align, virt_addr_t *out)
{
    *out = ALIGN_DOWN(from + prng_below((span - size) / align + 1) * align, align);
    return inside(region, *out, size) && is_free(region, *out, size);
}

/* Looks for room in a stretch at random. */
static bool place_within(const struct vm_region *region, virt_addr_t from, uint64_t span,
                         uint64_t size, uint64_t align, virt_addr_t *out)
{
    for (unsigned i = 0; size <= span && i < PLACE_TRIES; i++) {
        if (try_place(region, from, span, size, align, out)) {
            return true;
        }
    }
    return false;
}

/* Whether a region puts a mapping into one window with others. */
static inline bool uses_window(const struct vm_region *region, uint64_t size)
{
    return region->area.size > WINDOW_SIZE && size <= WINDOW_SIZE / 8;
}

/* Where the first try failed. */
static __noinline int place_hard(struct vm_region *region, uint64_t size, uint64_t align,
                                 virt_addr_t *out)
{
    if (size > region->area.size) {
        return -ENOMEM;
    }
    if (uses_window(region, size)) {
        if (region->window != 0 &&
            place_within(region, region->window, WINDOW_SIZE, size, align, out)) {
            return 0;
        }
        region->window = ALIGN_DOWN(region->area.base + prng_below(region->area.size), WINDOW_SIZE);
        if (place_within(region, region->window, WINDOW_SIZE, size, align, out)) {
            return 0;
        }
    }
    if (place_within(region, region->area.base, region->area.size, size, align, out)) {
        return 0;
    }
    return first_gap(region, size, align, out) ? 0 : -ENOMEM;
}

/*
 * A place nobody can guess, at a multiple of 2 MiB for what may get large pages. A large region puts
 * what it can into one window at a random place in it, so that neighbours share page tables; a
 * window that fills up is left for another.
 */
static inline int place(struct vm_region *region, uint64_t size, virt_addr_t *out)
{
    uint64_t align = size >= LARGE_SIZE ? LARGE_SIZE : PAGE_SIZE;

    if (uses_window(region, size) && region->window != 0 &&
        try_place(region, region->window, WINDOW_SIZE, size, align, out)) {
        return 0;
    }
    return place_hard(region, size, align, out);
}

static int choose(struct vm_region *region, uint64_t offset, uint64_t size, uint32_t flags,
                  virt_addr_t *va)
{
    if ((flags & ASPACE_SPECIFIC) == 0) {
        return offset != 0 ? -EINVAL : place(region, size, va);
    }
    *va = region->area.base + offset;
    if (!IS_ALIGNED(offset, PAGE_SIZE) || offset > region->area.size ||
        !inside(region, *va, size)) {
        return -EINVAL;
    }
    return is_free(region, *va, size) ? 0 : -EEXIST;
}

static struct vm_region *region_new(struct aspace *as, struct vm_region *parent, uint32_t allowed)
{
    struct vm_region *region = kzalloc(sizeof(*region));

    if (region) {
        region->area.is_region = true;
        region->space = as;
        region->parent = parent;
        region->allowed = allowed;
        region->refs = 1;
        __atomic_fetch_add(&as->refs, 1, __ATOMIC_RELAXED);
    }
    return region;
}

struct vm_region *region_new_root(struct aspace *as, virt_addr_t base, uint64_t size)
{
    struct vm_region *region = region_new(as, NULL, ASPACE_CAN_ALL);

    if (region) {
        region->area.base = base;
        region->area.size = size;
    }
    return region;
}

void region_bounds(const struct vm_region *region, virt_addr_t *base, uint64_t *size)
{
    *base = region->area.base;
    *size = region->area.size;
}

void region_ref(struct vm_region *region)
{
    __atomic_fetch_add(&region->refs, 1, __ATOMIC_RELAXED);
}

void region_unref(struct vm_region *region)
{
    if (__atomic_sub_fetch(&region->refs, 1, __ATOMIC_ACQ_REL) == 0) {
        aspace_put(region->space);
        kfree(region);
    }
}

/* What holds a fixed region stays, too. Expects the space's lock. */
static void hold_fixed(const struct vm_region *region)
{
    for (struct vm_region *above = region->parent; region->fixed && above; above = above->parent) {
        above->fixed = true;
    }
}

int region_create(struct vm_region *parent, uint64_t offset, uint64_t size, uint32_t flags,
                  struct vm_region **out, virt_addr_t *base)
{
    struct vm_region *region;
    unsigned long irq;
    int err;

    if (size == 0 || size > parent->area.size ||
        (flags & ~(ASPACE_SPECIFIC | ASPACE_FIXED | ASPACE_CAN_ALL)) != 0) {
        return -EINVAL;
    }
    if ((flags & ASPACE_CAN_ALL & ~parent->allowed) != 0) {
        return -EACCES;
    }
    region = region_new(parent->space, parent, flags & ASPACE_CAN_ALL);
    if (!region) {
        return -ENOMEM;
    }
    region->area.size = ALIGN_UP(size, PAGE_SIZE);
    region->fixed = (flags & ASPACE_FIXED) != 0;
    irq = spin_lock(&parent->space->lock);
    err = parent->dead ? -EINVAL
                       : choose(parent, offset, region->area.size, flags, &region->area.base);
    if (err == 0) {
        hold_fixed(region);
        rb_insert(&parent->areas, &region->area.node, area_less);
        region_ref(region);
        *out = region;
        *base = region->area.base;
    }
    spin_unlock(&parent->space->lock, irq);
    if (err != 0) {
        region_unref(region);
    }
    return err;
}

/* --- Mappings --- */

static void forget_mapped(struct vm_mapping *mapping, uint64_t offset, uint64_t size)
{
    struct vm_mapped *mapped = container_of(mapping, struct vm_mapped, mapping);
    uint64_t first = MAX(offset, mapping->vmo_offset);
    uint64_t end = MIN(offset + size, mapping->vmo_offset + mapping->size);
    unsigned long irq = spin_lock(&mapped->space->pt_lock);

    aspace_forget(mapped->space, mapped->area.base + (first - mapping->vmo_offset), end - first);
    spin_unlock(&mapped->space->pt_lock, irq);
}

/* Rights as page tables have them: what can be written can be read. */
static uint32_t full_rights(uint32_t flags)
{
    return (flags & RIGHTS) | ((flags & VM_WRITE) != 0 ? VM_READ : 0);
}

#define ALLOWED_SHIFT 19
_Static_assert(VM_READ << ALLOWED_SHIFT == ASPACE_CAN_READ &&
                   VM_WRITE << ALLOWED_SHIFT == ASPACE_CAN_WRITE &&
                   VM_EXEC << ALLOWED_SHIFT == ASPACE_CAN_EXEC,
               "what a region allows stands in the order of the rights");

static inline int check_rights(const struct vm_region *region, uint32_t flags)
{
    bool both = (flags & VM_WRITE) != 0 && (flags & VM_EXEC) != 0;

    return both || (full_rights(flags) << ALLOWED_SHIFT & ~region->allowed) != 0 ? -EACCES : 0;
}

static struct vm_mapped *mapped_new(struct aspace *as, struct vmo *given, uint64_t vmo_offset,
                                    uint64_t size, uint32_t flags)
{
    struct vm_mapped *mapped = objcache_alloc(mapped_cache);
    struct vmo *vmo = vmo_resolve(given, &vmo_offset);

    if (mapped) {
        mapped->area.size = size;
        mapped->area.is_region = false;
        mapped->mapping.vmo = vmo;
        mapped->mapping.vmo_offset = vmo_offset;
        mapped->mapping.size = size;
        mapped->mapping.sharer = &as->sharer;
        mapped->mapping.forget = forget_mapped;
        mapped->given = given;
        mapped->space = as;
        mapped->flags = full_rights(flags) | VM_USER;
        mapped->most = (flags & ASPACE_CAPPED) != 0 ? flags & ASPACE_CAN_ALL : ASPACE_CAN_ALL;
    }
    return mapped;
}

/* Puts a mapping into its region and makes it known to its object; it references what was mapped. */
static void enter(struct vm_region *region, struct vm_mapped *mapped, bool populate)
{
    rb_insert(&region->areas, &mapped->area.node, area_less);
    region->space->mapped += mapped->area.size;
    vmo_ref(mapped->given);
    mapped_attach(mapped, populate);
}

/* Takes a mapping out, for release(). */
static void leave(struct vm_region *region, struct vm_mapped *mapped, struct vm_mapped **gone)
{
    rb_erase(&region->areas, &mapped->area.node);
    vmo_remove_mapping(mapped->mapping.vmo, &mapped->mapping);
    region->space->mapped -= mapped->area.size;
    mapped->next_gone = *gone;
    *gone = mapped;
}

/* Gives up what mappings that have gone have held: objects may end with it. No lock held. */
static void release(struct vm_mapped *gone)
{
    while (gone) {
        struct vm_mapped *mapped = gone;

        gone = mapped->next_gone;
        vmo_unref(mapped->given);
        objcache_free(mapped_cache, mapped);
    }
}

static int unmap_pieces(struct vm_region *region, virt_addr_t va, uint64_t size,
                        struct vm_mapped **gone);

#define MAP_FLAGS (RIGHTS | PLACEMENT | ASPACE_CAN_ALL | ASPACE_CAPPED)

static int check_map(const struct vmo *vmo, uint64_t vmo_offset, uint64_t size, uint32_t flags)
{
    return size == 0 || !IS_ALIGNED(vmo_offset, PAGE_SIZE) ||
                   !vmo_contains(vmo, vmo_offset, size) || (flags & ~MAP_FLAGS) != 0 ||
                   ((flags & ASPACE_OVERWRITE) != 0 && (flags & ASPACE_SPECIFIC) == 0)
               ? -EINVAL
               : 0;
}

int region_map(struct vm_region *region, uint64_t offset, struct vmo *vmo, uint64_t vmo_offset,
               uint64_t size, uint32_t flags, virt_addr_t *base)
{
    struct aspace *as = region->space;
    struct vm_mapped *mapped, *gone = NULL;
    unsigned long irq;
    int err = check_rights(region, flags);

    size = ALIGN_UP(size, PAGE_SIZE);
    if (err == 0) {
        err = check_map(vmo, vmo_offset, size, flags);
    }
    if (err != 0) {
        return err;
    }
    mapped = mapped_new(as, vmo, vmo_offset, size, flags);
    if (!mapped) {
        return -ENOMEM;
    }
    irq = spin_lock(&as->lock);
    err = region->dead ? -EINVAL : choose(region, offset, size, flags, &mapped->area.base);
    if (err == -EEXIST && (flags & ASPACE_OVERWRITE) != 0) {
        err = unmap_pieces(region, mapped->area.base, size, &gone);
    }
    if (err == 0) {
        *base = mapped->area.base;
        enter(region, mapped, (flags & ASPACE_MAP_RANGE) != 0);
    }
    spin_unlock(&as->lock, irq);
    if (err != 0) {
        objcache_free(mapped_cache, mapped);
    }
    release(gone);
    return err;
}

/* Cuts a mapping at va, whose rear part `rest` becomes; expects the space's lock. */
static void cut(struct vm_region *region, struct vm_mapped *mapped, virt_addr_t va,
                struct vm_mapped *rest)
{
    uint64_t front = va - mapped->area.base;

    *rest = *mapped;
    rest->area.base = va;
    rest->area.size -= front;
    vmo_cut_mapping(&mapped->mapping, &rest->mapping, front);
    mapped->area.size = front;
    vmo_ref(rest->given);
    rb_insert(&region->areas, &rest->area.node, area_less);
}

/* The two mappings that cutting at both ends of a range may need. */
struct spares {
    struct vm_mapped *rest[2];
};

/* The mapping that va is inside of, or NULL. */
static struct vm_mapped *mapping_around(const struct vm_region *region, virt_addr_t va)
{
    struct vm_area *area = area_from(region, va);

    return area && !area->is_region && area->base < va ? as_mapped(area) : NULL;
}

static void spares_put(struct spares *spares)
{
    for (size_t i = 0; i < ARRAY_SIZE(spares->rest); i++) {
        if (spares->rest[i]) {
            objcache_free(mapped_cache, spares->rest[i]);
        }
    }
}

/* Allocates what cutting at both ends will take; false: no memory. */
static bool spares_get(const struct vm_region *region, virt_addr_t va, uint64_t size,
                       struct spares *spares)
{
    virt_addr_t ends[] = {va, va + size};

    *spares = (struct spares){0};
    for (size_t i = 0; i < ARRAY_SIZE(ends); i++) {
        if (mapping_around(region, ends[i])) {
            spares->rest[i] = objcache_alloc(mapped_cache);
            if (!spares->rest[i]) {
                spares_put(spares);
                return false;
            }
        }
    }
    return true;
}

/* Makes va the start of an area where it is inside of a mapping. */
static void cut_at(struct vm_region *region, virt_addr_t va, struct vm_mapped **rest)
{
    struct vm_mapped *mapped = mapping_around(region, va);

    if (mapped && *rest) {
        cut(region, mapped, va, *rest);
        *rest = NULL;
    }
}

/* Ends mappings where the range does, so that it is made of whole ones; -ENOMEM. */
static int cut_out(struct vm_region *region, virt_addr_t va, uint64_t size)
{
    struct spares spares;

    if (!spares_get(region, va, size, &spares)) {
        return -ENOMEM;
    }
    cut_at(region, va, &spares.rest[0]);
    cut_at(region, va + size, &spares.rest[1]);
    spares_put(&spares);
    return 0;
}

/* -EACCES for a fixed region in the range, -EINVAL when a sub-region lies partly in it. */
static int check_whole_regions(const struct vm_region *region, virt_addr_t va, uint64_t size)
{
    for (const struct vm_area *area = area_from(region, va); reaches_in(area, va, size);
         area = area_next(area)) {
        if (is_fixed(area)) {
            return -EACCES;
        }
        if (area->is_region && (area->base < va || area->base + area->size - va > size)) {
            return -EINVAL;
        }
    }
    return 0;
}

/* Takes an empty region out of its parent. */
static void take_out(struct vm_region *region)
{
    rb_erase(&region->parent->areas, &region->area.node);
    region->dead = true;
    region->out = true;
    region_unref(region);
}

/* Expects interrupts off, as with the space's lock. */
static __always_inline void forget_range(struct aspace *as, virt_addr_t va, uint64_t size)
{
    spin_lock_irqoff(&as->pt_lock);
    aspace_forget(as, va, size);
    spin_unlock_irqoff(&as->pt_lock);
}

/* Takes some of what is in a dying region out, deepest first, from `at` on, which is the region or one below
 * it. Where to go on; NULL: it is empty. */
static struct vm_region *empty_some(struct vm_region *top, struct vm_region *at,
                                    struct vm_mapped **gone)
{
    for (unsigned step = 0; step < CLEARED_AT_ONCE; step++) {
        struct vm_area *area = area_of(rb_first(&at->areas));

        if (area && area->is_region) {
            at = as_region(area);
            at->dead = true;
        } else if (area) {
            forget_range(at->space, area->base,
                         area->size); /* before the object may free what it holds */
            leave(at, as_mapped(area), gone);
        } else if (at == top) {
            return NULL;
        } else {
            struct vm_region *parent = at->parent;

            take_out(at);
            at = parent;
        }
    }
    return at;
}

/* All of it at once. */
static void empty_region(struct vm_region *region, struct vm_mapped **gone)
{
    struct vm_region *at = region;

    while (at) {
        at = empty_some(region, at, gone);
    }
}

/* Unmaps what need not be one mapping as it was made. */
static __noinline int unmap_pieces(struct vm_region *region, virt_addr_t va, uint64_t size,
                                   struct vm_mapped **gone)
{
    struct vm_area *area;
    int err = check_whole_regions(region, va, size);

    if (err == 0) {
        err = cut_out(region, va, size);
    }
    if (err != 0) {
        return err;
    }
    forget_range(region->space, va, size); /* before the objects may free what they hold */
    while (area = area_from(region, va), reaches_in(area, va, size)) {
        if (area->is_region) {
            struct vm_region *child = as_region(area);

            child->dead = true;
            empty_region(child, gone);
            take_out(child);
        } else {
            leave(region, as_mapped(area), gone);
        }
    }
    return 0;
}

static int unmap_locked(struct vm_region *region, virt_addr_t va, uint64_t size,
                        struct vm_mapped **gone)
{
    struct vm_area *area = area_from(region, va);

    if (!area || area->base != va || area->size != size || area->is_region) {
        return unmap_pieces(region, va, size, gone);
    }
    forget_range(region->space, va, size); /* before the object may free what it holds */
    leave(region, as_mapped(area), gone);
    return 0;
}

int region_unmap(struct vm_region *region, virt_addr_t va, uint64_t size)
{
    struct aspace *as = region->space;
    struct vm_mapped *gone = NULL;
    unsigned long irq;
    int err;

    size = ALIGN_UP(size, PAGE_SIZE);
    if (!IS_ALIGNED(va, PAGE_SIZE) || !inside(region, va, size)) {
        return -EINVAL;
    }
    irq = spin_lock(&as->lock);
    err = region->dead ? -EINVAL : unmap_locked(region, va, size, &gone);
    spin_unlock(&as->lock, irq);
    release(gone);
    return err;
}

/* Takes some out, from `at` on; where to go on, with a reference unless it is the region itself; NULL: nothing is
 * left. */
static struct vm_region *clear_some(struct vm_region *region, struct vm_region *at)
{
    struct vm_mapped *gone = NULL;
    unsigned long irq = spin_lock(&region->space->lock);
    struct vm_region *next;

    region->dead = true;
    next = empty_some(region, at->out ? region : at, &gone);
    if (next && next != region) {
        region_ref(next);
    }
    spin_unlock(&region->space->lock, irq);
    release(gone);
    return next;
}

void region_clear(struct vm_region *region)
{
    struct vm_region *at = region;

    while (at) {
        struct vm_region *next = clear_some(region, at);

        if (at != region) {
            region_unref(at);
        }
        at = next;
    }
}

int region_destroy(struct vm_region *region)
{
    struct aspace *as = region->space;
    unsigned long irq = spin_lock(&as->lock);
    int err = region->dead ? -EINVAL : region->fixed ? -EACCES : 0;

    region->dead |= err == 0;
    spin_unlock(&as->lock, irq);
    if (err != 0) {
        return err;
    }
    region_clear(region);
    irq = spin_lock(&as->lock);
    if (region->parent && !region->out) {
        take_out(region);
    }
    spin_unlock(&as->lock, irq);
    return 0;
}

/* -ENOENT when a byte of the range is not mapped, -EINVAL for a sub-region in it, -EACCES for a fixed one and where
 * a mapping may never have all of `most`. */
static int check_all_mapped(const struct vm_region *region, virt_addr_t va, uint64_t size,
                            uint32_t most)
{
    virt_addr_t at = va;

    for (const struct vm_area *area = area_from(region, va); at - va < size;
         area = area_next(area)) {
        if (!area || area->base > at) {
            return -ENOENT;
        }
        if (area->is_region) {
            return is_fixed(area) ? -EACCES : -EINVAL;
        }
        if ((most & ~container_of(area, const struct vm_mapped, area)->most) != 0) {
            return -EACCES;
        }
        at = area->base + area->size;
    }
    return 0;
}

/* Changes what the mappings of a range allow; translations that allow too much or too little go. */
static int protect_locked(struct vm_region *region, virt_addr_t va, uint64_t size, uint32_t flags)
{
    int err = region->dead
                  ? -EINVAL
                  : check_all_mapped(region, va, size, full_rights(flags) << ALLOWED_SHIFT);

    if (err == 0) {
        err = cut_out(region, va, size);
    }
    if (err != 0) {
        return err;
    }
    for (struct vm_area *area = area_from(region, va); reaches_in(area, va, size);
         area = area_next(area)) {
        struct vm_mapped *mapped = as_mapped(area);

        mapped->flags = (mapped->flags & ~RIGHTS) | full_rights(flags);
    }
    forget_range(region->space, va, size);
    return 0;
}

int region_protect(struct vm_region *region, virt_addr_t va, uint64_t size, uint32_t flags)
{
    struct aspace *as = region->space;
    unsigned long irq;
    int err = check_rights(region, flags);

    size = ALIGN_UP(size, PAGE_SIZE);
    if (err != 0) {
        return err;
    }
    if (!IS_ALIGNED(va, PAGE_SIZE) || !inside(region, va, size) || (flags & ~RIGHTS) != 0) {
        return -EINVAL;
    }
    irq = spin_lock(&as->lock);
    err = protect_locked(region, va, size, flags);
    spin_unlock(&as->lock, irq);
    return err;
}

struct vm_mapped *region_next_mapping(struct vm_region *root, virt_addr_t va)
{
    struct vm_region *region = root;

    for (;;) {
        struct vm_area *area = area_from(region, va);

        if (area && !area->is_region) {
            return as_mapped(area);
        }
        if (area) {
            region = as_region(area);
        } else if (region == root) {
            return NULL;
        } else { /* nothing more below: go on behind it */
            va = region->area.base + region->area.size;
            region = region->parent;
        }
    }
}

struct vm_mapped *region_find_mapping(struct vm_region *root, virt_addr_t va)
{
    struct vm_mapped *mapped = region_next_mapping(root, va);

    return mapped && mapped->area.base <= va ? mapped : NULL;
}
