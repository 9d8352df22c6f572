/* SPDX-License-Identifier: MIT */
/* Memory objects: making, sharing and ending them. */
#include "vmo_internal.h"

#include <arch/layout.h>
#include <keel/cache.h>
#include <keel/errno.h>
#include <keel/heap.h>
#include <keel/page.h>
#include <keel/pmm.h>
#include <keel/vm.h>

#define VMO_SIZE_MAX (1ull << 46)

static uint64_t last_id;

static uint64_t round_up(uint64_t size)
{
    return ALIGN_UP(size, PAGE_SIZE);
}

static struct vmo *vmo_new(enum vmo_kind kind, uint64_t size)
{
    struct vmo *vmo = kzalloc(sizeof(*vmo));

    if (vmo) {
        vmo->kind = kind;
        vmo->refs = 1;
        vmo->size = size;
        vmo->id = __atomic_add_fetch(&last_id, 1, __ATOMIC_RELAXED);
    }
    return vmo;
}

int vmo_init(void)
{
    return tree_init();
}

int vmo_create(uint64_t size, uint32_t flags, struct vmo **out)
{
    if ((flags & ~(VMO_RESIZABLE | VMO_CONTIGUOUS)) != 0 || size > VMO_SIZE_MAX) {
        return -EINVAL;
    }
    if ((flags & VMO_CONTIGUOUS) != 0) {
        return (flags & VMO_RESIZABLE) != 0 ? -EINVAL
                                            : vmo_create_contiguous(size, PAGE_SHIFT, out);
    }
    *out = vmo_new(VMO_ANONYMOUS, round_up(size));
    if (!*out) {
        return -ENOMEM;
    }
    (*out)->resizable = (flags & VMO_RESIZABLE) != 0;
    return 0;
}

/* Enters `count` pages in a row that were just allocated; those that did not fit are freed. */
static int enter_row(struct vmo *vmo, phys_addr_t first, uint64_t count)
{
    for (uint64_t i = 0; i < count; i++) {
        uint64_t *slot = tree_own(&vmo->tree, i);

        if (!slot) {
            pmm_free_contiguous(first + i * PAGE_SIZE, count - i);
            return -ENOMEM;
        }
        page_ref(first + i * PAGE_SIZE);
        tree_fill(&vmo->tree, i, slot, first + i * PAGE_SIZE);
    }
    return 0;
}

int vmo_create_contiguous(uint64_t size, unsigned align_log2, struct vmo **out)
{
    uint64_t count = round_up(size) / PAGE_SIZE;
    phys_addr_t first;
    struct vmo *vmo;
    int err;

    if (size == 0 || size > VMO_SIZE_MAX || align_log2 > 46) {
        return -EINVAL;
    }
    vmo = vmo_new(VMO_IN_A_ROW, round_up(size));
    if (!vmo) {
        return -ENOMEM;
    }
    first = pmm_alloc_contiguous(count, PMM_ZERO, MAX(align_log2, (unsigned)PAGE_SHIFT));
    err = first == 0 ? -ENOMEM : enter_row(vmo, first, count);
    if (err != 0) {
        vmo_unref(vmo);
        return err;
    }
    *out = vmo;
    return 0;
}

int vmo_create_physical(phys_addr_t base, uint64_t size, enum vmo_cache cache, struct vmo **out)
{
    uint64_t limit = 1ull << arch_phys_bits();

    if (size == 0 || !IS_ALIGNED(base, PAGE_SIZE) || base >= limit || size > limit - base ||
        cache > VMO_WRITE_THROUGH) {
        return -EINVAL;
    }
    *out = vmo_new(VMO_PHYSICAL, round_up(size));
    if (!*out) {
        return -ENOMEM;
    }
    (*out)->base = base;
    (*out)->cache = cache;
    if (cache != VMO_CACHED) {
        cache_flush_phys(base, (*out)->size);
    }
    return 0;
}

void vmo_ref(struct vmo *vmo)
{
    __atomic_fetch_add(&vmo->refs, 1, __ATOMIC_RELAXED);
}

void vmo_unref(struct vmo *vmo)
{
    struct vmo *parent;

    if (__atomic_sub_fetch(&vmo->refs, 1, __ATOMIC_ACQ_REL) != 0) {
        return;
    }
    parent = vmo->parent;
    tree_destroy(&vmo->tree);
    if (vmo->ended) {
        vmo->ended(vmo->owner);
    }
    kfree(vmo);
    if (parent) { /* never a slice: this goes one step deep */
        unsigned long irq = spin_lock(&parent->lock);

        parent->children--;
        spin_unlock(&parent->lock, irq);
        vmo_unref(parent);
    }
}

void vmo_set_owner(struct vmo *vmo, void *owner, void (*ended)(void *owner))
{
    vmo->owner = owner;
    vmo->ended = ended;
}

void *vmo_owner(const struct vmo *vmo)
{
    return vmo->owner;
}

bool vmo_has_pins(const struct vmo *vmo, uint64_t offset, uint64_t size)
{
    uint64_t end = vmo->first + (offset + size) / PAGE_SIZE;
    bool private;

    if (vmo->pinned == 0) {
        return false;
    }
    for (uint64_t i = tree_next(&vmo->tree, vmo->first + offset / PAGE_SIZE, end); i < end;
         i = tree_next(&vmo->tree, i + 1, end)) {
        if (page_is_pinned(ALIGN_DOWN(tree_get(&vmo->tree, i, &private), PAGE_SIZE))) {
            return true;
        }
    }
    return false;
}

/* Gives `child` the pages of the range; expects the parent's lock. */
static int share_range(struct vmo *parent, uint64_t offset, struct vmo *child)
{
    uint64_t end;
    int err = 0;

    if (vmo_has_pins(parent, offset, child->size)) {
        return -EBUSY;
    }
    vmo_forget(parent, offset, child->size, NULL); /* so that writes fault and copy */
    tree_share(&parent->tree, &child->tree);
    child->first = parent->first + offset / PAGE_SIZE;
    child->cache = parent->cache;
    end = child->first + child->size / PAGE_SIZE;
    if (child->first != parent->first) {
        err = tree_drop(&child->tree, 0, child->first);
    }
    if (err == 0 && end != parent->first + parent->size / PAGE_SIZE) {
        err = tree_drop(&child->tree, end, UINT64_MAX - end);
    }
    return err;
}

int vmo_snapshot(struct vmo *vmo, uint64_t offset, uint64_t size, struct vmo **out)
{
    uint64_t from = ALIGN_DOWN(offset, PAGE_SIZE);
    struct vmo *child, *parent;
    unsigned long irq;
    int err = -EINVAL;

    if (offset + size < offset || size > VMO_SIZE_MAX || !vmo_contains(vmo, offset, size)) {
        return -EINVAL;
    }
    child = vmo_new(VMO_ANONYMOUS, round_up(offset + size) - from);
    if (!child) {
        return -ENOMEM;
    }
    parent = vmo_resolve(vmo, &from);
    irq = spin_lock(&parent->lock);
    if (parent->kind == VMO_ANONYMOUS && vmo_contains(parent, from, child->size)) {
        err = share_range(parent, from, child);
    }
    spin_unlock(&parent->lock, irq);
    if (err != 0) {
        vmo_unref(child);
        return err;
    }
    *out = child;
    return 0;
}

int vmo_slice(struct vmo *vmo, uint64_t offset, uint64_t size, struct vmo **out)
{
    uint64_t from = ALIGN_DOWN(offset, PAGE_SIZE);
    struct vmo *child, *parent;
    unsigned long irq;

    if (offset + size < offset || size > VMO_SIZE_MAX || !vmo_contains(vmo, offset, size)) {
        return -EINVAL;
    }
    if (vmo->resizable) {
        return -ENOTSUP;
    }
    child = vmo_new(VMO_SLICE, round_up(offset + size) - from);
    if (!child) {
        return -ENOMEM;
    }
    parent = vmo_resolve(vmo, &from);
    vmo_ref(parent);
    child->parent = parent;
    child->offset = from;
    child->cache = parent->cache;
    irq = spin_lock(&parent->lock);
    parent->children++;
    spin_unlock(&parent->lock, irq);
    *out = child;
    return 0;
}

uint64_t vmo_size(const struct vmo *vmo)
{
    return READ_ONCE(vmo->size);
}

bool vmo_is_resizable(const struct vmo *vmo)
{
    return vmo->resizable;
}

void vmo_make_resizable(struct vmo *vmo)
{
    vmo->resizable = true;
}

/* Lets pages from `offset` to the end go; expects the lock. */
static int drop_tail(struct vmo *vmo, uint64_t offset)
{
    uint64_t size = vmo->size - offset;

    if (vmo_has_pins(vmo, offset, size)) {
        return -EBUSY;
    }
    vmo_forget(vmo, offset, size, NULL);
    return tree_drop(&vmo->tree, vmo->first + offset / PAGE_SIZE, size / PAGE_SIZE);
}

int vmo_resize(struct vmo *vmo, uint64_t size)
{
    unsigned long irq;
    int err = 0;

    if (!vmo->resizable) {
        return -ENOTSUP;
    }
    if (size > VMO_SIZE_MAX) {
        return -EINVAL;
    }
    size = round_up(size);
    irq = spin_lock(&vmo->lock);
    if (size < vmo->size) {
        err = drop_tail(vmo, size);
    }
    if (err == 0) {
        WRITE_ONCE(vmo->size, size);
    }
    spin_unlock(&vmo->lock, irq);
    return err;
}

enum vmo_cache vmo_cache_policy(const struct vmo *vmo)
{
    return vmo->cache;
}

/* Writes back and drops what the caches hold of the object's pages; expects the lock. -EBUSY when a page
 * belongs to another object too, which goes on using it as it was; nothing has changed for it then. */
static int flush_pages(const struct vmo *vmo)
{
    uint64_t end = vmo->first + vmo->size / PAGE_SIZE;
    bool private;

    if (vmo->kind == VMO_PHYSICAL) {
        cache_flush_phys(vmo->base, vmo->size);
    }
    for (uint64_t i = tree_next(&vmo->tree, vmo->first, end); i < end;
         i = tree_next(&vmo->tree, i + 1, end)) {
        phys_addr_t pa = ALIGN_DOWN(tree_get(&vmo->tree, i, &private), PAGE_SIZE);

        if (!private || page_is_shared(pa)) {
            return -EBUSY;
        }
        cache_flush(arch_phys_to_virt(pa), PAGE_SIZE);
    }
    return 0;
}

int vmo_set_cache_policy(struct vmo *vmo, enum vmo_cache cache)
{
    unsigned long irq;
    int err = 0;

    if (vmo->kind == VMO_SLICE || cache > VMO_WRITE_THROUGH) {
        return -EINVAL;
    }
    irq = spin_lock(&vmo->lock);
    if (vmo->mapping_count != 0 || vmo->children != 0 || vmo->pinned != 0) {
        err = -EBUSY;
    } else {
        err = flush_pages(vmo);
    }
    if (err == 0) {
        vmo->cache = cache;
    }
    spin_unlock(&vmo->lock, irq);
    return err;
}

void vmo_get_stats(const struct vmo *vmo, struct vmo_stats *out)
{
    struct vmo *object = (struct vmo *)(uintptr_t)vmo; /* only its lock is written */
    unsigned long irq = spin_lock(&object->lock);
    uint64_t end = vmo->first + vmo->size / PAGE_SIZE;
    bool private;

    *out = (struct vmo_stats){.id = vmo->id,
                              .size = vmo->size,
                              .committed = tree_pages(&vmo->tree) * PAGE_SIZE,
                              .pinned = vmo->pinned * PAGE_SIZE,
                              .mappings = vmo->mapping_count,
                              .children = vmo->children};
    for (uint64_t i = tree_next(&vmo->tree, vmo->first, end); i < end;
         i = tree_next(&vmo->tree, i + 1, end)) {
        phys_addr_t pa = ALIGN_DOWN(tree_get(&vmo->tree, i, &private), PAGE_SIZE);

        out->shared += private && page_of(pa)->refs == 1 ? 0 : PAGE_SIZE;
    }
    spin_unlock(&object->lock, irq);
}
