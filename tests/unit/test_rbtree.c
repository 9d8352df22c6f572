/* SPDX-License-Identifier: MIT */
/* Balanced trees against a sorted array, by random and by ordered operations. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <keel/rbtree.h>

#define ITEMS  400
#define ROUNDS 30000

struct item {
    unsigned int key;
    bool present;
    size_t below; /* nodes, itself included */
    struct rb_node node;
};

static struct item items[ITEMS];
static struct item *model[ITEMS];
static size_t model_count;

static struct item *item_of(const struct rb_node *node)
{
    return node ? rb_entry(node, struct item, node) : NULL;
}

static bool less(const struct rb_node *a, const struct rb_node *b)
{
    return item_of(a)->key < item_of(b)->key;
}

static int compare_key(const void *key, const struct rb_node *node)
{
    unsigned int a = *(const unsigned int *)key;
    unsigned int b = item_of(node)->key;

    return (a > b) - (a < b);
}

static void count_below(struct rb_node *node)
{
    struct item *item = item_of(node);

    item->below = 1;
    for (int side = 0; side < 2; side++) {
        item->below += node->child[side] ? item_of(node->child[side])->below : 0;
    }
}

/* The first place in the model whose key is not below key. */
static size_t model_place(unsigned int key)
{
    size_t at = 0;

    while (at < model_count && model[at]->key < key) {
        at++;
    }
    return at;
}

/* The way of a caller that looks for the place itself. */
static void insert_linked(struct rb_tree *tree, struct item *item)
{
    struct rb_node *parent = NULL;
    int side = 0;

    for (struct rb_node *at = tree->root; at; at = at->child[side]) {
        parent = at;
        item_of(at)->below++;
        side = item->key >= item_of(at)->key;
    }
    item->below = 1;
    if (rb_link(tree, &item->node, parent, side)) {
        rb_update(&item->node, count_below);
    }
}

static void insert(struct rb_tree *tree, struct item *item)
{
    size_t at = model_place(item->key + 1);

    memmove(&model[at + 1], &model[at], (model_count - at) * sizeof(model[0]));
    model[at] = item;
    model_count++;
    item->present = true;
    if (tree->root && rand() % 2) {
        rb_insert(tree, &item->node, less);
        rb_update(&item->node, count_below);
    } else {
        insert_linked(tree, item);
    }
}

static void erase(struct rb_tree *tree, struct item *item)
{
    size_t at = model_place(item->key);

    while (model[at] != item) {
        at++;
    }
    model_count--;
    memmove(&model[at], &model[at + 1], (model_count - at) * sizeof(model[0]));
    item->present = false;
    rb_erase_updated(tree, &item->node, count_below);
}

/* The nodes below a node, itself included, counted one by one. */
static size_t really_below(const struct rb_node *node)
{
    return node ? 1 + really_below(node->child[0]) + really_below(node->child[1]) : 0;
}

static void expect_order(const struct rb_tree *tree)
{
    const struct rb_node *node = rb_first(tree);

    for (size_t i = 0; i < model_count; i++, node = rb_next(node)) {
        size_t behind = i + 1 + really_below(node->child[1]);

        assert_ptr_equal(item_of(node), model[i]);
        assert_int_equal(model[i]->below, really_below(node));
        assert_ptr_equal(item_of(rb_behind_subtree(node)),
                         behind < model_count ? model[behind] : NULL);
    }
    assert_null(node);
    node = rb_last(tree);
    for (size_t i = model_count; i > 0; i--, node = rb_prev(node)) {
        assert_ptr_equal(item_of(node), model[i - 1]);
    }
    assert_null(node);
    assert_int_equal(rb_is_empty(tree), model_count == 0);
}

static void expect_lookups(const struct rb_tree *tree, unsigned int key)
{
    size_t lower = model_place(key);
    size_t upper = model_place(key + 1);
    struct item *at_lower = lower < model_count ? model[lower] : NULL;
    struct item *at_upper = upper < model_count ? model[upper] : NULL;

    assert_ptr_equal(item_of(rb_lower_bound(tree, &key, compare_key)), at_lower);
    assert_ptr_equal(item_of(rb_upper_bound(tree, &key, compare_key)), at_upper);
    assert_ptr_equal(item_of(rb_find(tree, &key, compare_key)), lower < upper ? at_lower : NULL);
}

static void start(struct rb_tree *tree)
{
    rb_tree_init(tree);
    memset(items, 0, sizeof(items));
    model_count = 0;
}

/* Few keys make many equal ones; a share of `fill` in 10 of the operations inserts. */
static void run_random(unsigned int keys, int fill)
{
    struct rb_tree tree;

    start(&tree);
    for (int round = 0; round < ROUNDS; round++) {
        struct item *item = &items[rand() % ITEMS];

        if (item->present && rand() % 10 >= fill) {
            erase(&tree, item);
        } else if (!item->present && rand() % 10 < fill) {
            item->key = (unsigned int)rand() % keys;
            insert(&tree, item);
        }
        expect_lookups(&tree, (unsigned int)rand() % keys);
        if (round % 16 == 0) {
            assert_true(rb_is_valid(&tree, less));
            expect_order(&tree);
        }
    }
}

static void test_random(void **state)
{
    srand(1);
    run_random(100000, 5);
    run_random(100000, 8);
    run_random(20, 5);
    run_random(50, 2);
}

/* Every tree of up to 24 nodes that ascending or descending keys make, less each node in turn. */
static void test_each_erase(void **state)
{
    for (unsigned int count = 1; count <= 24; count++) {
        for (unsigned int victim = 0; victim < 2 * count; victim++) {
            struct rb_tree tree;

            start(&tree);
            for (unsigned int i = 0; i < count; i++) {
                items[i].key = victim < count ? i : count - i;
                insert(&tree, &items[i]);
                assert_true(rb_is_valid(&tree, less));
            }
            erase(&tree, &items[victim % count]);
            assert_true(rb_is_valid(&tree, less));
            expect_order(&tree);
        }
    }
}

static void test_drain(void **state)
{
    struct rb_tree tree;

    start(&tree);
    for (unsigned int i = 0; i < ITEMS; i++) {
        items[i].key = i * 7919 % ITEMS;
        insert(&tree, &items[i]);
    }
    while (model_count > 0) {
        assert_true(rb_is_valid(&tree, less));
        erase(&tree, model[model_count / 3]);
    }
    expect_order(&tree);
}

static size_t depth_of(const struct rb_node *node)
{
    size_t left = node ? depth_of(node->child[0]) : 0;
    size_t right = node ? depth_of(node->child[1]) : 0;

    return node ? 1 + MAX(left, right) : 0;
}

static void test_depth(void **state)
{
    struct rb_tree tree;

    start(&tree);
    for (unsigned int i = 0; i < ITEMS; i++) {
        items[i].key = i;
        insert(&tree, &items[i]);
    }
    assert_in_range(depth_of(tree.root), 9, 17); /* log2 401 and twice that */
}

/* The validator sees what is wrong. */
static void test_validator(void **state)
{
    struct rb_tree tree;

    start(&tree);
    for (unsigned int i = 0; i < 10; i++) {
        items[i].key = i;
        insert(&tree, &items[i]);
    }
    assert_true(rb_is_valid(&tree, less));
    items[4].key = 9;
    assert_false(rb_is_valid(&tree, less));
    items[4].key = 4;
    tree.root->parent_color ^= 1;
    assert_false(rb_is_valid(&tree, less));
    tree.root->parent_color ^= 1;
    tree.root->child[0]->parent_color ^= 1;
    assert_false(rb_is_valid(&tree, less));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_random),    cmocka_unit_test(test_each_erase),
        cmocka_unit_test(test_drain),     cmocka_unit_test(test_depth),
        cmocka_unit_test(test_validator),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
