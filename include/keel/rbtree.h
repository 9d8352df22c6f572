/* SPDX-License-Identifier: MIT */
/*
 * Intrusive ordered trees, kept balanced as red-black trees: insert, erase and look-up take at most
 * about 2 log2 n steps, next and prev a constant number on average, and none recurses or allocates.
 * The order is the caller's: every call that needs it is given the same comparison. The tree does
 * not own its entries, and whoever shares it between CPUs brings the lock.
 */
#ifndef KEEL_RBTREE_H
#define KEEL_RBTREE_H

#include <keel/types.h>

struct rb_node {
    uintptr_t parent_color;   /* the parent's address, and bit 0 when this node is black */
    struct rb_node *child[2]; /* [0] before, [1] behind this node */
};

struct rb_tree {
    struct rb_node *root;
};

/* Whether a comes before b. */
typedef bool rb_less_fn(const struct rb_node *a, const struct rb_node *b);

/* Compares a key with a node: negative, 0 or positive as the key comes before, at or behind it. */
typedef int rb_cmp_fn(const void *key, const struct rb_node *node);

static inline void rb_tree_init(struct rb_tree *tree)
{
    tree->root = NULL;
}

static inline bool rb_is_empty(const struct rb_tree *tree)
{
    return tree->root == NULL;
}

/* From a node to the structure that holds it as member. */
#define rb_entry(node, type, member) container_of(node, type, member)

/* Inserts node, which is in no tree, behind all nodes that equal it. */
void rb_insert(struct rb_tree *tree, struct rb_node *node, rb_less_fn *less);

/* Takes node out of the tree it is in. */
void rb_erase(struct rb_tree *tree, struct rb_node *node);

/* What a node knows of those below it, made anew from its children and itself. */
typedef void rb_update_fn(struct rb_node *node);

/* For trees whose nodes know something of those below them. rb_update() renews it from node, which has
 * changed, up to the root; rb_erase_updated() takes node out and renews what that changes. */
void rb_update(struct rb_node *node, rb_update_fn *update);
void rb_erase_updated(struct rb_tree *tree, struct rb_node *node, rb_update_fn *update);

/* Inserts node as the child of parent (NULL: into an empty tree) on the side where there is none: for
 * callers that look for the place themselves. True: nodes have changed places on the way up from node,
 * and rb_update() is due there. */
bool rb_link(struct rb_tree *tree, struct rb_node *node, struct rb_node *parent, int side);

/* The first of the nodes at key, or NULL. */
struct rb_node *rb_find(const struct rb_tree *tree, const void *key, rb_cmp_fn *cmp);

/* The first node at or behind key (rb_upper_bound: behind key), or NULL. */
struct rb_node *rb_lower_bound(const struct rb_tree *tree, const void *key, rb_cmp_fn *cmp);
struct rb_node *rb_upper_bound(const struct rb_tree *tree, const void *key, rb_cmp_fn *cmp);

/* rb_lower_bound() with the comparison in line: for look-ups that are frequent. */
static __always_inline struct rb_node *rb_search(const struct rb_tree *tree, const void *key,
                                                 rb_cmp_fn *cmp)
{
    struct rb_node *node = tree->root;
    struct rb_node *found = NULL;

    while (node) {
        if (cmp(key, node) > 0) {
            node = node->child[1];
        } else {
            found = node;
            node = node->child[0];
        }
    }
    return found;
}

/* The first and last node, or NULL when the tree is empty. */
struct rb_node *rb_first(const struct rb_tree *tree);
struct rb_node *rb_last(const struct rb_tree *tree);

/* The node behind (rb_prev: in front of) node, or NULL at the end. */
struct rb_node *rb_next(const struct rb_node *node);
struct rb_node *rb_prev(const struct rb_node *node);

/* The node behind node and all below it, which is above it; or NULL. */
struct rb_node *rb_behind_subtree(const struct rb_node *node);

/*
 * Whether the tree is whole: links agree in both directions, the order holds, no red node has a red
 * child, and every path has as many black nodes as the others. For tests; walks the whole tree.
 */
bool rb_is_valid(const struct rb_tree *tree, rb_less_fn *less);

#endif
