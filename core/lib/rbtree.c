/* SPDX-License-Identifier: MIT */
/*
 * Red-black trees (Cormen et al., Introduction to Algorithms, chapter 13). Left and right are an
 * index, so that each case is written once for both sides.
 */
#include <keel/rbtree.h>

#define BLACK ((uintptr_t)1)

_Static_assert(_Alignof(struct rb_node) > BLACK, "the colour fits below a node's address");

static struct rb_node *parent_of(const struct rb_node *node)
{
    return (struct rb_node *)(node->parent_color & ~BLACK);
}

/* An absent node counts as black. */
static bool is_red(const struct rb_node *node)
{
    return node && !(node->parent_color & BLACK);
}

static void set_parent(struct rb_node *node, struct rb_node *parent)
{
    node->parent_color = (uintptr_t)parent | (node->parent_color & BLACK);
}

static void set_red(struct rb_node *node)
{
    node->parent_color &= ~BLACK;
}

static void set_black(struct rb_node *node)
{
    node->parent_color |= BLACK;
}

/* Which child of parent node is. */
static int side_of(const struct rb_node *parent, const struct rb_node *node)
{
    return parent->child[1] == node;
}

/* Points whatever pointed down to node at other, which may be NULL. */
static void replace_below(struct rb_tree *tree, struct rb_node *node, struct rb_node *other)
{
    struct rb_node *parent = parent_of(node);

    if (parent) {
        parent->child[side_of(parent, node)] = other;
    } else {
        tree->root = other;
    }
}

/*
 * Lets node sink to its side `side`; its other child comes up in its place:
 *
 *       node              up
 *      /    \            /  \
 *     a      up   =>  node   c      for side 0
 *           /  \      /  \
 *          b    c    a    b
 */
static void rotate(struct rb_tree *tree, struct rb_node *node, int side)
{
    struct rb_node *up = node->child[!side];
    struct rb_node *moved = up->child[side];

    replace_below(tree, node, up);
    set_parent(up, parent_of(node));
    node->child[!side] = moved;
    if (moved) {
        set_parent(moved, node);
    }
    up->child[side] = node;
    set_parent(node, up);
}

/* node is red and may have a red parent: recolours upwards until two rotations at most mend it. Whether
 * there were any. */
static bool mend_insert(struct rb_tree *tree, struct rb_node *node)
{
    struct rb_node *parent;

    while (is_red(parent = parent_of(node))) {
        struct rb_node *grand = parent_of(parent);
        int side = side_of(grand, parent);
        struct rb_node *uncle = grand->child[!side];

        if (is_red(uncle)) {
            set_black(parent);
            set_black(uncle);
            set_red(grand);
            node = grand;
            continue;
        }
        if (node == parent->child[!side]) {
            rotate(tree, parent, side);
            parent = node;
        }
        set_black(parent);
        set_red(grand);
        rotate(tree, grand, !side);
        return true;
    }
    set_black(tree->root);
    return false;
}

bool rb_link(struct rb_tree *tree, struct rb_node *node, struct rb_node *parent, int side)
{
    *node = (struct rb_node){.parent_color = (uintptr_t)parent};
    if (parent) {
        parent->child[side] = node;
    } else {
        tree->root = node;
    }
    return mend_insert(tree, node);
}

void rb_insert(struct rb_tree *tree, struct rb_node *node, rb_less_fn *less)
{
    struct rb_node *parent = NULL;
    int side = 0;

    for (struct rb_node *at = tree->root; at; at = at->child[side]) {
        parent = at;
        side = !less(node, at);
    }
    (void)rb_link(tree, node, parent, side);
}

/* The last step of mend_erase: the sibling has a red child, so one or two rotations add a black. */
static void lend_black(struct rb_tree *tree, struct rb_node *parent, int side)
{
    struct rb_node *sibling = parent->child[!side];

    if (!is_red(sibling->child[!side])) {
        set_black(sibling->child[side]);
        set_red(sibling);
        rotate(tree, sibling, !side);
        sibling = parent->child[!side];
    }
    set_black(sibling->child[!side]);
    if (is_red(parent)) {
        set_red(sibling);
        set_black(parent);
    }
    rotate(tree, parent, side);
}

/* The paths through parent's child on `side` are one black node short. */
static void mend_erase(struct rb_tree *tree, struct rb_node *parent, int side)
{
    while (parent) {
        struct rb_node *sibling = parent->child[!side];
        struct rb_node *node = parent;

        if (is_red(sibling)) {
            set_black(sibling);
            set_red(parent);
            rotate(tree, parent, side);
            sibling = parent->child[!side];
        }
        if (is_red(sibling->child[0]) || is_red(sibling->child[1])) {
            lend_black(tree, parent, side);
            return;
        }
        set_red(sibling);
        if (is_red(parent)) {
            set_black(parent);
            return;
        }
        parent = parent_of(node);
        side = parent ? side_of(parent, node) : 0;
    }
}

static struct rb_node *outermost(struct rb_node *node, int side)
{
    while (node && node->child[side]) {
        node = node->child[side];
    }
    return node;
}

/* Exchanges the places and colours of node, which has two children, and the node behind it. */
static void swap_with_next(struct rb_tree *tree, struct rb_node *node)
{
    struct rb_node *next = outermost(node->child[1], 0);
    struct rb_node old = *next;

    replace_below(tree, node, next);
    *next = *node;
    node->parent_color = old.parent_color;
    node->child[0] = NULL;
    node->child[1] = old.child[1];
    if (old.child[1]) {
        set_parent(old.child[1], node);
    }
    if (next->child[1] == next) {
        next->child[1] = node;
    } else {
        parent_of(&old)->child[0] = node;
    }
    set_parent(next->child[0], next);
    set_parent(next->child[1], next);
}

void rb_erase(struct rb_tree *tree, struct rb_node *node)
{
    struct rb_node *parent;
    struct rb_node *child;
    int side;

    if (node->child[0] && node->child[1]) {
        swap_with_next(tree, node);
    }
    parent = parent_of(node);
    child = node->child[0] ? node->child[0] : node->child[1];
    side = parent ? side_of(parent, node) : 0;
    replace_below(tree, node, child);
    if (child) {
        /* An only child is red, and its parent black: the child takes over both. */
        set_parent(child, parent);
        set_black(child);
    } else if (!is_red(node)) {
        mend_erase(tree, parent, side);
    }
}

/* Rotations on the way up let nodes sink, but never further than below one of this way. */
void rb_update(struct rb_node *node, rb_update_fn *update)
{
    for (; node; node = parent_of(node)) {
        for (int side = 0; side < 2; side++) {
            if (node->child[side]) {
                update(node->child[side]);
            }
        }
        update(node);
    }
}

void rb_erase_updated(struct rb_tree *tree, struct rb_node *node, rb_update_fn *update)
{
    struct rb_node *lowest = parent_of(node);

    if (node->child[0] && node->child[1]) { /* the next one comes to its place */
        struct rb_node *next = outermost(node->child[1], 0);

        lowest = parent_of(next) == node ? next : parent_of(next);
    }
    rb_erase(tree, node);
    rb_update(lowest, update);
}

struct rb_node *rb_lower_bound(const struct rb_tree *tree, const void *key, rb_cmp_fn *cmp)
{
    return rb_search(tree, key, cmp);
}

struct rb_node *rb_upper_bound(const struct rb_tree *tree, const void *key, rb_cmp_fn *cmp)
{
    struct rb_node *node = tree->root;
    struct rb_node *found = NULL;

    while (node) {
        bool behind = cmp(key, node) >= 0;

        found = behind ? found : node;
        node = node->child[behind];
    }
    return found;
}

struct rb_node *rb_find(const struct rb_tree *tree, const void *key, rb_cmp_fn *cmp)
{
    struct rb_node *node = rb_lower_bound(tree, key, cmp);

    return node && cmp(key, node) == 0 ? node : NULL;
}

struct rb_node *rb_first(const struct rb_tree *tree)
{
    return outermost(tree->root, 0);
}

struct rb_node *rb_last(const struct rb_tree *tree)
{
    return outermost(tree->root, 1);
}

/* The first node above node that is not on its `side` of it. */
static struct rb_node *climb(const struct rb_node *node, int side)
{
    const struct rb_node *parent;

    while ((parent = parent_of(node)) && side_of(parent, node) == side) {
        node = parent;
    }
    return (struct rb_node *)(uintptr_t)parent;
}

struct rb_node *rb_behind_subtree(const struct rb_node *node)
{
    return climb(node, 1);
}

/* The neighbour of node in the order, towards side. */
static struct rb_node *step(const struct rb_node *node, int side)
{
    return node->child[side] ? outermost(node->child[side], !side) : climb(node, side);
}

struct rb_node *rb_next(const struct rb_node *node)
{
    return step(node, 1);
}

struct rb_node *rb_prev(const struct rb_node *node)
{
    return step(node, 0);
}

/* Whether the links and colours around one node are right. */
static bool node_is_valid(const struct rb_node *node)
{
    for (int side = 0; side < 2; side++) {
        const struct rb_node *child = node->child[side];

        if (child && (parent_of(child) != node || (is_red(node) && is_red(child)))) {
            return false;
        }
    }
    return true;
}

/* The black nodes from node up to the root. */
static size_t black_depth(const struct rb_node *node)
{
    size_t depth = 0;

    for (; node; node = parent_of(node)) {
        depth += !is_red(node);
    }
    return depth;
}

bool rb_is_valid(const struct rb_tree *tree, rb_less_fn *less)
{
    const struct rb_node *first = rb_first(tree);
    size_t depth = black_depth(first);

    if (tree->root && (is_red(tree->root) || parent_of(tree->root))) {
        return false;
    }
    for (const struct rb_node *node = first; node; node = rb_next(node)) {
        const struct rb_node *next = rb_next(node);
        bool has_end = !node->child[0] || !node->child[1];

        if (!node_is_valid(node) || (next && less(next, node)) ||
            (has_end && black_depth(node) != depth)) {
            return false;
        }
    }
    return true;
}
