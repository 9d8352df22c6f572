/* SPDX-License-Identifier: MIT */
/* Memory objects: who maps them (V11). Mappings stand in a tree by their offset in the object; each knows
 * the furthest end below it, so that those over a range are found without a look at the others. */
#include "vmo_internal.h"

static struct spinlock count_lock; /* the stamps; inside any object's lock */
static uint64_t last_stamp;

static struct vm_mapping *mapping_of(const struct rb_node *node)
{
    return node ? rb_entry(node, struct vm_mapping, in_vmo) : NULL;
}

/* The furthest end of the mappings below a node, itself included. */
static void update_end(struct rb_node *node)
{
    struct vm_mapping *mapping = mapping_of(node);
    uint64_t end = mapping->vmo_offset + mapping->size;

    for (int side = 0; side < 2; side++) {
        if (node->child[side]) {
            end = MAX(end, mapping_of(node->child[side])->furthest);
        }
    }
    mapping->furthest = end;
}

static bool reaches(const struct rb_node *node, uint64_t offset)
{
    return node && mapping_of(node)->furthest > offset;
}

/* The first mapping below a node, whose furthest end is behind `offset`, that itself ends behind it. */
static struct rb_node *first_below(struct rb_node *node, uint64_t offset)
{
    for (;;) {
        const struct vm_mapping *mapping = mapping_of(node);

        if (reaches(node->child[0], offset)) {
            node = node->child[0];
        } else if (mapping->vmo_offset + mapping->size > offset) {
            return node;
        } else {
            node = node->child[1];
        }
    }
}

/* The next such mapping behind one of them, in order. */
static struct rb_node *next_over(struct rb_node *node, uint64_t offset)
{
    for (;;) {
        const struct vm_mapping *mapping;

        if (reaches(node->child[1], offset)) {
            return first_below(node->child[1], offset);
        }
        node = rb_behind_subtree(node);
        if (!node) {
            return NULL;
        }
        mapping = mapping_of(node);
        if (mapping->vmo_offset + mapping->size > offset) {
            return node;
        }
    }
}

void vmo_forget_by_all(struct vmo *vmo, uint64_t offset, uint64_t size,
                       const struct vm_mapping *self)
{
    struct rb_node *at = vmo->mappings.root;

    at = reaches(at, offset) ? first_below(at, offset) : NULL;
    for (; at && mapping_of(at)->vmo_offset < offset + size; at = next_over(at, offset)) {
        if (mapping_of(at) != self) {
            mapping_of(at)->forget(mapping_of(at), offset, size);
        }
    }
}

void vmo_add_mapping_locked(struct vmo *vmo, struct vm_mapping *mapping)
{
    uint64_t end = mapping->vmo_offset + mapping->size;
    struct rb_node *parent = NULL;
    int side = 0;

    for (struct rb_node *at = vmo->mappings.root; at; at = at->child[side]) {
        parent = at;
        mapping_of(at)->furthest = MAX(mapping_of(at)->furthest, end);
        side = mapping->vmo_offset >= mapping_of(at)->vmo_offset;
    }
    mapping->furthest = end;
    if (rb_link(&vmo->mappings, &mapping->in_vmo, parent, side)) {
        rb_update(&mapping->in_vmo, update_end);
    }
    vmo->mapping_count++;
}

void vmo_add_mapping(struct vmo *vmo, struct vm_mapping *mapping)
{
    unsigned long irq = spin_lock(&vmo->lock);

    vmo_add_mapping_locked(vmo, mapping);
    spin_unlock(&vmo->lock, irq);
}

void vmo_remove_mapping(struct vmo *vmo, struct vm_mapping *mapping)
{
    unsigned long irq = spin_lock(&vmo->lock);

    vmo->mapping_count--;
    rb_erase_updated(&vmo->mappings, &mapping->in_vmo, update_end);
    spin_unlock(&vmo->lock, irq);
}

void vmo_cut_mapping(struct vm_mapping *front, struct vm_mapping *rest, uint64_t size)
{
    struct vmo *vmo = front->vmo;
    unsigned long irq = spin_lock(&vmo->lock);

    rest->vmo_offset = front->vmo_offset + size;
    rest->size = front->size - size;
    front->size = size;
    rb_update(&front->in_vmo, update_end);
    vmo_add_mapping_locked(vmo, rest);
    spin_unlock(&vmo->lock, irq);
}

unsigned vmo_share_count(const struct vmo *vmo)
{
    uint64_t offset = 0;
    struct vmo *owner = vmo_resolve((struct vmo *)(uintptr_t)vmo, &offset);
    unsigned long irq = spin_lock(&owner->lock);
    unsigned long inner = spin_lock(&count_lock);
    uint64_t stamp = ++last_stamp;
    unsigned count = 0;

    for (const struct rb_node *at = rb_first(&owner->mappings); at; at = rb_next(at)) {
        struct vm_sharer *sharer = mapping_of(at)->sharer;

        count += sharer->counted != stamp;
        sharer->counted = stamp;
    }
    spin_unlock(&count_lock, inner);
    spin_unlock(&owner->lock, irq);
    return count;
}

bool vmo_is_shared(const struct vmo *vmo)
{
    return vmo_share_count(vmo) > 1;
}
