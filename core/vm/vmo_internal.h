/* SPDX-License-Identifier: MIT */
/* Memory objects as their own files and the address spaces see them. */
#ifndef CORE_VM_VMO_INTERNAL_H
#define CORE_VM_VMO_INTERNAL_H

#include "vmo_tree.h"

#include <keel/page.h>
#include <keel/rbtree.h>
#include <keel/spinlock.h>
#include <keel/vmo.h>

enum vmo_kind {
    VMO_ANONYMOUS,
    VMO_IN_A_ROW, /* contiguous: pages never move, never go */
    VMO_PHYSICAL, /* memory that the page allocator does not manage */
    VMO_SLICE,    /* a window on `parent`, which is no slice itself; holds nothing */
};

/*
 * Lock order: an address space's regions, then `lock`, then the space's page table. The lock guards the
 * tree, the size, the list of mappings and what of a mapping tells where it lies.
 */
struct vmo {
    struct spinlock lock;
    enum vmo_kind kind;
    uint32_t refs;
    bool resizable;
    enum vmo_cache cache;
    uint64_t id;
    uint64_t size;           /* bytes, whole pages */
    uint64_t first;          /* tree index of the first page: a snapshot of a part starts later */
    struct page_tree tree;   /* ANONYMOUS, IN_A_ROW */
    phys_addr_t base;        /* PHYSICAL */
    struct vmo *parent;      /* SLICE; referenced */
    uint64_t offset;         /* SLICE: of its first byte in the parent */
    uint64_t pinned;         /* pins taken on pages */
    unsigned children;       /* slices */
    struct rb_tree mappings; /* of it and of its slices, by offset */
    unsigned mapping_count;
    void *owner; /* as vmo_set_owner() says */
    void (*ended)(void *owner);
};

/* Tells address spaces apart, and keeps each from being counted twice. */
struct vm_sharer {
    uint64_t counted; /* the last count that had it */
};

/* A place where an object is mapped. Made by the address space, known to the object while it lasts. */
struct vm_mapping {
    struct rb_node in_vmo;
    struct vmo *vmo;     /* never a slice; referenced */
    uint64_t vmo_offset; /* of the first byte, in that object */
    uint64_t size;
    uint64_t furthest;        /* end, in the object, of what is below it in the tree */
    struct vm_sharer *sharer; /* whose it is */
    /* Removes the translations of [offset, offset + size) of the object, which lies partly or wholly
     * in the mapping. Called with the object's lock held. */
    void (*forget)(struct vm_mapping *mapping, uint64_t offset, uint64_t size);
};

/* The object that holds the memory of a possible slice; adds the slice's place to *offset. */
static inline struct vmo *vmo_resolve(struct vmo *vmo, uint64_t *offset)
{
    if (vmo->kind != VMO_SLICE) {
        return vmo;
    }
    *offset += vmo->offset;
    return vmo->parent;
}

/* Whether [offset, offset + size) lies within the object; expects the lock of a resizable one. */
static inline bool vmo_contains(const struct vmo *vmo, uint64_t offset, uint64_t size)
{
    return offset <= vmo->size && size <= vmo->size - offset;
}

/* Whether another object has this page as well. */
static inline bool page_is_shared(phys_addr_t pa)
{
    return __atomic_load_n(&page_of(pa)->refs, __ATOMIC_ACQUIRE) > 1;
}

/* vmo_get_page() under the lock of an object that is no slice. Mappings other than `self` lose
 * translations that are no longer right. */
int vmo_page_locked(struct vmo *vmo, uint64_t offset, bool write, const struct vm_mapping *self,
                    struct vmo_page *out);

/* Whether a page of the range is pinned; expects the lock. */
bool vmo_has_pins(const struct vmo *vmo, uint64_t offset, uint64_t size);

/* vmo_add_mapping() under the lock. */
void vmo_add_mapping_locked(struct vmo *vmo, struct vm_mapping *mapping);

/* Parts a mapping: `rest`, a copy of it that stands in no tree yet, gets all behind its first `size` bytes.
 * The object sees both parts or the whole, never less. */
void vmo_cut_mapping(struct vm_mapping *front, struct vm_mapping *rest, uint64_t size);

/* The page that the object's tree holds at `index`, as for reading; false: none. Expects the lock. */
bool vmo_present_page(const struct vmo *vmo, uint64_t index, struct vmo_page *out);

/* Makes all mappings but `self` forget a range; expects the lock. */
void vmo_forget_by_all(struct vmo *vmo, uint64_t offset, uint64_t size,
                       const struct vm_mapping *self);

static inline void vmo_forget(struct vmo *vmo, uint64_t offset, uint64_t size,
                              const struct vm_mapping *self)
{
    if (!self || vmo->mapping_count > 1) {
        vmo_forget_by_all(vmo, offset, size, self);
    }
}

#endif
