/* SPDX-License-Identifier: MIT */
/* The page tree of a memory object. */
#include "vmo_tree.h"

#include <arch/layout.h>
#include <keel/errno.h>
#include <keel/heap.h>
#include <keel/page.h>
#include <keel/string.h>

static struct objcache *node_cache;

int tree_init(void)
{
    node_cache = objcache_create("page tree", sizeof(struct tree_node), sizeof(uint64_t));
    return node_cache ? 0 : -ENOMEM;
}

static unsigned slot_of(uint64_t index, unsigned level)
{
    return index >> (TREE_BITS * level) & (TREE_SLOTS - 1);
}

/* Pages that one slot of a node of `level` covers. */
static uint64_t slot_span(unsigned level)
{
    return 1ull << (TREE_BITS * level);
}

static struct tree_node *child_of(const struct tree_node *node, unsigned slot)
{
    return (struct tree_node *)(uintptr_t)node->slots[slot];
}

static bool is_shared(const struct tree_node *node)
{
    return __atomic_load_n(&node->refs, __ATOMIC_ACQUIRE) > 1;
}

static void node_ref(struct tree_node *node)
{
    __atomic_fetch_add(&node->refs, 1, __ATOMIC_RELAXED);
}

static void slot_ref(const struct tree_node *node, unsigned slot)
{
    if (node->level > 0) {
        node_ref(child_of(node, slot));
    } else if ((node->slots[slot] & SLOT_FOREIGN) == 0) {
        page_ref(ALIGN_DOWN(node->slots[slot], PAGE_SIZE));
    }
}

static void drop_page(uint64_t slot)
{
    if ((slot & SLOT_PRESENT) != 0 && (slot & SLOT_FOREIGN) == 0) {
        page_unref(ALIGN_DOWN(slot, PAGE_SIZE));
    }
}

static struct tree_node *node_new(unsigned level)
{
    struct tree_node *node = objcache_alloc(node_cache);

    if (node) {
        memset(node, 0, sizeof(*node));
        node->refs = 1;
        node->level = (uint16_t)level;
    }
    return node;
}

static struct tree_node *node_copy(const struct tree_node *from)
{
    struct tree_node *node = objcache_alloc(node_cache);

    if (node) {
        memcpy(node, from, sizeof(*node));
        node->refs = 1;
        for (unsigned slot = 0; slot < TREE_SLOTS; slot++) {
            if (node->slots[slot] != 0) {
                slot_ref(node, slot);
            }
        }
    }
    return node;
}

/* Drops one reference; true when it was the last and the node must be taken apart. */
static bool node_put(struct tree_node *node)
{
    return __atomic_sub_fetch(&node->refs, 1, __ATOMIC_ACQ_REL) == 0;
}

/* Takes apart a node nobody refers to, with all below it: depth first, by a stack of its levels. */
static void node_free(struct tree_node *node)
{
    struct tree_node *stack[TREE_LEVELS];
    unsigned at[TREE_LEVELS];
    unsigned depth = 0;

    stack[0] = node;
    at[0] = 0;
    for (;;) {
        struct tree_node *top = stack[depth];

        if (at[depth] == TREE_SLOTS) {
            objcache_free(node_cache, top);
            if (depth-- == 0) {
                return;
            }
            continue;
        }
        unsigned slot = at[depth]++;

        if (top->level == 0) {
            drop_page(top->slots[slot]);
        } else if (top->slots[slot] != 0 && node_put(child_of(top, slot))) {
            stack[++depth] = child_of(top, slot);
            at[depth] = 0;
        }
    }
}

static void node_drop(struct tree_node *node)
{
    if (node_put(node)) {
        node_free(node);
    }
}

/* Pages that the nodes there are can hold: all indices below this. */
static uint64_t tree_span(const struct page_tree *tree)
{
    return tree->root ? slot_span(tree->root->level + 1u) : 0;
}

uint64_t tree_get(const struct page_tree *tree, uint64_t index, bool *private)
{
    struct tree_spot spot = tree_find(tree, index);

    *private = spot.private;
    return spot.slot ? *spot.slot : 0;
}

/* Puts a node of our own in place of a missing or shared one; NULL: no memory. */
static struct tree_node *own_node(struct tree_node *node, unsigned level)
{
    struct tree_node *copy;

    if (node && !is_shared(node)) {
        return node;
    }
    copy = node ? node_copy(node) : node_new(level);
    if (copy && node) {
        node_drop(node);
    }
    return copy;
}

/* Frees what tree_own() made on the way and found no use for. */
static void prune_empty(struct page_tree *tree, uint64_t index)
{
    struct tree_node *path[TREE_LEVELS];
    struct tree_node *node = tree->root;
    unsigned depth = 0;

    while (node) {
        path[depth++] = node;
        node = node->level > 0 ? child_of(node, slot_of(index, node->level)) : NULL;
    }
    while (depth > 0 && path[depth - 1]->used == 0) {
        node_drop(path[--depth]);
        if (depth == 0) {
            tree->root = NULL;
        } else {
            path[depth - 1]->slots[slot_of(index, path[depth - 1]->level)] = 0;
            path[depth - 1]->used--;
        }
    }
}

/* Puts nodes on top until the tree can hold `index`; false: no memory. */
static bool grow(struct page_tree *tree, uint64_t index)
{
    while (tree->root && index >= tree_span(tree)) {
        struct tree_node *top = node_new(tree->root->level + 1u);

        if (!top) {
            return false;
        }
        top->slots[0] = (uintptr_t)tree->root;
        top->used = 1;
        top->pages = tree->root->pages;
        tree->root = top;
    }
    return true;
}

/* The level of the root of the smallest tree that holds `index`. */
static unsigned level_for(uint64_t index)
{
    unsigned level = 0;

    while (index >= slot_span(level + 1)) {
        level++;
    }
    return level;
}

uint64_t *tree_own(struct page_tree *tree, uint64_t index)
{
    struct tree_node **link = &tree->root;
    struct tree_node *parent = NULL;
    unsigned level = tree->root ? tree->root->level : level_for(index);

    if (!grow(tree, index)) {
        return NULL;
    }
    for (level = MAX(level, level_for(index));; level--) {
        struct tree_node *own = own_node(*link, level);

        if (!own) {
            prune_empty(tree, index);
            return NULL;
        }
        if (parent && !*link) {
            parent->used++;
        }
        *link = own;
        if (level == 0) {
            return &own->slots[slot_of(index, 0)];
        }
        parent = own;
        link = (struct tree_node **)(uintptr_t)&own->slots[slot_of(index, level)];
    }
}

/* Changes the page counts from the root to the leaf of `index`, all of them our own. */
static __always_inline void count_pages(struct page_tree *tree, uint64_t index, int change)
{
    struct tree_node *node = tree->root;

    for (unsigned shift = node->level * TREE_BITS; shift != 0; shift -= TREE_BITS) {
        node->pages += (uint64_t)(int64_t)change;
        node = child_of(node, index >> shift & (TREE_SLOTS - 1));
    }
    node->pages += (uint64_t)(int64_t)change;
    node->used = (uint16_t)(node->used + change);
}

void tree_fill(struct page_tree *tree, uint64_t index, uint64_t *slot, uint64_t value)
{
    *slot = value | SLOT_PRESENT;
    count_pages(tree, index, 1);
}

uint64_t tree_clear(struct page_tree *tree, uint64_t index, uint64_t *slot)
{
    uint64_t value = *slot;

    *slot = 0;
    count_pages(tree, index, -1);
    prune_empty(tree, index);
    return value;
}

void tree_share(const struct page_tree *tree, struct page_tree *copy)
{
    copy->root = tree->root;
    if (copy->root) {
        node_ref(copy->root);
    }
}

uint64_t tree_next(const struct page_tree *tree, uint64_t index, uint64_t end)
{
    end = MIN(end, tree_span(tree));
    while (index < end) {
        const struct tree_node *node = tree->root;
        uint64_t value;

        for (;;) {
            value = node->slots[slot_of(index, node->level)];
            if (value == 0 || node->level == 0) {
                break;
            }
            node = (const struct tree_node *)(uintptr_t)value;
        }
        if (value != 0) {
            return index;
        }
        index = ALIGN_DOWN(index, slot_span(node->level)) + slot_span(node->level);
    }
    return UINT64_MAX;
}

uint64_t tree_pages(const struct page_tree *tree)
{
    return tree->root ? tree->root->pages : 0;
}

/* Drops the whole slot over `index` of a node at `level`, whose way down is our own. */
static void drop_slot(struct page_tree *tree, uint64_t index, unsigned level)
{
    struct tree_node *path[TREE_LEVELS];
    struct tree_node *node = tree->root;
    unsigned depth = 0, slot;
    uint64_t gone;

    while (node->level > level) {
        path[depth++] = node;
        node = child_of(node, slot_of(index, node->level));
    }
    slot = slot_of(index, level);
    gone = level > 0 ? child_of(node, slot)->pages : 1;
    if (level > 0) {
        node_drop(child_of(node, slot));
    } else {
        drop_page(node->slots[slot]);
    }
    node->slots[slot] = 0;
    node->used--;
    node->pages -= gone;
    while (depth > 0) {
        path[--depth]->pages -= gone;
    }
    prune_empty(tree, index);
}

/* Owns the way to `index` as far as nodes exist; false: no memory. */
static bool own_existing(struct page_tree *tree, uint64_t index)
{
    struct tree_node **link = &tree->root;

    while (*link) {
        struct tree_node *own = own_node(*link, (*link)->level);

        if (!own) {
            return false;
        }
        *link = own;
        if (own->level == 0) {
            return true;
        }
        link = (struct tree_node **)(uintptr_t)&own->slots[slot_of(index, own->level)];
    }
    return true;
}

/* The largest slot around the page `at` that lies in [first, end); its first page to *start. */
static unsigned whole_slot(const struct page_tree *tree, uint64_t at, uint64_t first, uint64_t end,
                           uint64_t *start)
{
    for (unsigned level = tree->root->level; level > 0; level--) {
        *start = ALIGN_DOWN(at, slot_span(level));
        if (*start >= first && end - *start >= slot_span(level)) {
            return level;
        }
    }
    *start = at;
    return 0;
}

int tree_drop(struct page_tree *tree, uint64_t first, uint64_t count)
{
    uint64_t end = MIN(first + count, tree_span(tree));

    /* Only nodes on the ways to both edges are kept in part: own them before anything goes. */
    if (tree_next(tree, first, end) >= end) {
        return 0;
    }
    if (!own_existing(tree, first) || !own_existing(tree, end - 1)) {
        return -ENOMEM;
    }
    for (uint64_t at = tree_next(tree, first, end); at < end; at = tree_next(tree, at, end)) {
        uint64_t start;
        unsigned level = whole_slot(tree, at, first, end, &start);

        drop_slot(tree, start, level);
    }
    return 0;
}

void tree_destroy(struct page_tree *tree)
{
    if (tree->root) {
        node_drop(tree->root);
        tree->root = NULL;
    }
}
