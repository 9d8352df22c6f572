/* SPDX-License-Identifier: MIT */
/* Address spaces as their own files see them. */
#ifndef CORE_VM_ASPACE_INTERNAL_H
#define CORE_VM_ASPACE_INTERNAL_H

#include "tlb.h"
#include "vmo_internal.h"

#include <keel/aspace.h>
#include <keel/list.h>
#include <keel/rbtree.h>

#define ASPACE_CAN_ALL (ASPACE_CAN_READ | ASPACE_CAN_WRITE | ASPACE_CAN_EXEC)

/* A piece of a region: a sub-region or a mapping. Pieces of one region do not overlap. */
struct vm_area {
    struct rb_node node; /* in the region's `areas`, by base */
    virt_addr_t base;
    uint64_t size;
    bool is_region;
};

struct vm_region {
    struct vm_area area;
    struct aspace *space;     /* referenced */
    struct vm_region *parent; /* NULL for the root */
    struct rb_tree areas;
    virt_addr_t window; /* where small mappings are placed just now; 0: none yet */
    uint32_t refs;      /* users, and the tree it stands in */
    uint32_t allowed;   /* ASPACE_CAN_ */
    bool dead;          /* going, or gone; all else gives -EINVAL */
    bool out;           /* taken out of the tree */
    bool fixed;         /* ASPACE_FIXED, or it holds such a region */
};

/* A mapping as a piece of a region. */
struct vm_mapped {
    struct vm_area area;
    struct vm_mapping mapping;
    struct vmo *given; /* what was mapped: the object, or a slice of it; referenced */
    struct vm_mapped *next_gone;
    struct aspace *space;
    uint32_t flags; /* VM_ of its pages: rights, user, memory type */
    uint32_t most;  /* ASPACE_CAN_: what its rights may become */
};

struct aspace {
    struct aspace_head head;
    struct spinlock lock;    /* the tree of regions */
    struct spinlock pt_lock; /* the page table; inside any object's lock */
    struct page_table pt;
    struct vm_region *root;
    struct vm_sharer sharer;
    struct list_node in_all; /* of aspace.c */
    uint32_t refs;           /* its maker, and each region */
    uint64_t mapped;         /* bytes of mappings */
    const char *name;
};

void aspace_put(struct aspace *as);

/* A root region over [base, base + size); one reference. NULL: no memory. */
struct vm_region *region_new_root(struct aspace *as, virt_addr_t base, uint64_t size);

/* Takes everything out of a region that is to go, some of it at a time, and lets nothing in any more. No
 * lock held. */
void region_clear(struct vm_region *region);

/* The mapping over va, or NULL; expects the space's lock. */
struct vm_mapped *region_find_mapping(struct vm_region *root, virt_addr_t va);

/* The first mapping that ends behind va, or NULL; expects the space's lock. */
struct vm_mapped *region_next_mapping(struct vm_region *root, virt_addr_t va);

/* Enters a page of the mapping's object at va, which shows the object's byte `offset`: a large leaf where
 * page and place allow. Expects the object's lock, so that nobody takes the page away meanwhile.
 * -ENOMEM. */
int mapped_enter_page(struct vm_mapped *mapped, virt_addr_t va, uint64_t offset,
                      const struct vmo_page *page);

/* Makes a mapping known to its object, and enters the pages that the object holds, as far as memory for
 * tables reaches, or none. Expects the space's lock. */
void mapped_attach(struct vm_mapped *mapped, bool with_pages);

/* Removes translations, more of them when a large leaf cannot be split; expects pt_lock. */
void aspace_forget(struct aspace *as, virt_addr_t va, uint64_t size);

#endif
