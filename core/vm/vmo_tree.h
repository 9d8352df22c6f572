/* SPDX-License-Identifier: MIT */
/* The page tree of a memory object: radix nodes of 64 slots keyed by page number, reference counted so
 * that objects share what they have not changed. A node or page with more than one reference is never
 * written; whoever wants to write copies it first, from the root down. */
#ifndef CORE_VM_VMO_TREE_H
#define CORE_VM_VMO_TREE_H

#include <keel/types.h>

#define TREE_BITS    6u
#define TREE_SLOTS   (1u << TREE_BITS)
#define TREE_LEVELS  6u /* 2^36 pages: 256 TiB */

/* A page slot is 0, or a page's address with these in its low bits. */
#define SLOT_PRESENT 1ull
#define SLOT_LARGE \
    2ull                  /* one of 512 pages in a row, the first at a multiple of 2 MiB of both
                           * address and offset */
#define SLOT_FOREIGN 4ull /* memory that the page allocator does not manage */

struct tree_node {
    uint32_t refs;
    uint16_t used;  /* slots in use */
    uint16_t level; /* 0: slots are pages, else nodes one level below */
    uint64_t pages; /* present below */
    uint64_t slots[TREE_SLOTS];
};

struct page_tree {
    struct tree_node *root; /* as high as its pages need; NULL while empty */
};

/* Sets the tree code up. -ENOMEM. */
int tree_init(void);

/* The slot of page `index`, 0 when there is none; *private tells that neither a node on the way nor
 * (the caller checks) the page is shared. */
uint64_t tree_get(const struct page_tree *tree, uint64_t index, bool *private);

/* Where page `index` is kept: may be written when it is private. */
struct tree_spot {
    uint64_t *slot; /* NULL: there is no node for it */
    bool private;   /* as above */
};
static inline struct tree_spot tree_find(const struct page_tree *tree, uint64_t index)
{
    struct tree_node *node = tree->root;
    uint32_t refs = 1;
    unsigned shift;

    if (!node) {
        return (struct tree_spot){NULL, true};
    }
    shift = node->level * TREE_BITS;
    if (index >> shift >= TREE_SLOTS) {
        return (struct tree_spot){NULL, true};
    }
    for (; node; shift -= TREE_BITS) {
        uint64_t *slot = &node->slots[index >> shift & (TREE_SLOTS - 1)];

        refs |= __atomic_load_n(&node->refs, __ATOMIC_ACQUIRE);
        if (shift == 0) {
            return (struct tree_spot){slot, refs == 1};
        }
        node = (struct tree_node *)(uintptr_t)*slot;
    }
    return (struct tree_spot){NULL, true};
}

/* Where page `index` is kept, all nodes on the way owned by this tree alone: made or copied where they
 * were missing or shared. NULL: no memory, nothing has changed in what the tree holds. */
uint64_t *tree_own(struct page_tree *tree, uint64_t index);

/* Stores into the slot that tree_own() gave, which was empty / takes what is in it out. */
void tree_fill(struct page_tree *tree, uint64_t index, uint64_t *slot, uint64_t value);
uint64_t tree_clear(struct page_tree *tree, uint64_t index, uint64_t *slot);

/* Drops all pages of [first, first + count). -ENOMEM: a shared node at the edge could not be copied;
 * nothing was dropped then. */
int tree_drop(struct page_tree *tree, uint64_t first, uint64_t count);

/* Makes `copy`, which is empty, hold what `tree` holds. Costs the same whatever that is. */
void tree_share(const struct page_tree *tree, struct page_tree *copy);

/* The first present page at or behind `index`, below `end`; UINT64_MAX when there is none. */
uint64_t tree_next(const struct page_tree *tree, uint64_t index, uint64_t end);

/* Pages present. */
uint64_t tree_pages(const struct page_tree *tree);

/* Lets everything go. */
void tree_destroy(struct page_tree *tree);

#endif
