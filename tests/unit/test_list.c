/* SPDX-License-Identifier: MIT */
/* Lists against an array. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <keel/list.h>

#define ITEMS  16
#define ROUNDS 50000

struct item {
    int id;
    struct list_node node;
};

static struct item items[ITEMS];
static struct list list = LIST_INIT(list);
static struct item *model[ITEMS];
static size_t model_count;

static void model_insert(size_t at, struct item *item)
{
    memmove(&model[at + 1], &model[at], (model_count - at) * sizeof(model[0]));
    model[at] = item;
    model_count++;
}

static size_t model_find(const struct item *item)
{
    size_t at = 0;

    while (at < model_count && model[at] != item) {
        at++;
    }
    return at;
}

static void model_remove(size_t at)
{
    model_count--;
    memmove(&model[at], &model[at + 1], (model_count - at) * sizeof(model[0]));
}

static void expect_model(void)
{
    struct list_node *node;
    struct item *item;
    size_t i = 0;

    list_for_each_entry (item, &list, node) {
        assert_true(i < model_count);
        assert_ptr_equal(item, model[i]);
        i++;
    }
    assert_int_equal(i, model_count);
    for (node = list_last(&list); node; node = list_prev(&list, node)) {
        assert_ptr_equal(list_entry(node, struct item, node), model[--i]);
    }
    assert_int_equal(i, 0);
    for (node = list_first(&list); node; node = list_next(&list, node)) {
        assert_ptr_equal(node, &model[i++]->node);
    }
    assert_int_equal(list_length(&list), model_count);
    assert_int_equal(list_is_empty(&list), model_count == 0);
}

static void insert(struct item *item)
{
    size_t at = model_count ? (size_t)rand() % model_count : 0;

    switch (model_count ? rand() % 4 : rand() % 2) {
    case 0:
        list_add_head(&list, &item->node);
        model_insert(0, item);
        break;
    case 1:
        list_add_tail(&list, &item->node);
        model_insert(model_count, item);
        break;
    case 2:
        list_add_after(&model[at]->node, &item->node);
        model_insert(at + 1, item);
        break;
    default:
        list_add_before(&model[at]->node, &item->node);
        model_insert(at, item);
        break;
    }
}

static void test_model(void **state)
{
    srand(1);
    for (int round = 0; round < ROUNDS; round++) {
        struct item *item = &items[rand() % ITEMS];

        assert_int_equal(list_node_is_linked(&item->node), model_find(item) < model_count);
        if (!list_node_is_linked(&item->node)) {
            insert(item);
        } else if (rand() % 8) {
            list_remove(&item->node);
            model_remove(model_find(item));
        } else {
            assert_ptr_equal(list_remove_head(&list), &model[0]->node);
            model_remove(0);
        }
        expect_model();
    }
    while (list_remove_head(&list)) {
        model_remove(0);
    }
    expect_model();
}

static void fill(struct list *to, int first, int count)
{
    list_init(to);
    for (int i = first; i < first + count; i++) {
        items[i].id = i;
        list_add_tail(to, &items[i].node);
    }
}

static void test_splice(void **state)
{
    for (int a = 0; a < 4; a++) {
        for (int b = 0; b < 4; b++) {
            struct list left;
            struct list right;
            struct item *item;
            int id = 0;

            fill(&left, 0, a);
            fill(&right, a, b);
            list_splice_tail(&left, &right);
            assert_true(list_is_empty(&right));
            list_for_each_entry (item, &left, node) {
                assert_int_equal(item->id, id++);
            }
            assert_int_equal(id, a + b);
        }
    }
}

static void test_safe_loops(void **state)
{
    struct list_node *node;
    struct list_node *tmp_node;
    struct item *item;
    struct item *tmp;
    struct list even;
    int count = 0;

    fill(&even, 0, ITEMS);
    assert_int_equal(list_first_entry(&even, struct item, node)->id, 0);
    assert_int_equal(list_last_entry(&even, struct item, node)->id, ITEMS - 1);
    list_for_each_entry_safe (item, tmp, &even, node) {
        if (item->id % 2) {
            list_remove(&item->node);
        }
    }
    list_for_each (node, &even) {
        assert_int_equal(list_entry(node, struct item, node)->id, 2 * count++);
    }
    assert_int_equal(count, ITEMS / 2);
    list_for_each_safe (node, tmp_node, &even) {
        list_remove(node);
    }
    assert_true(list_is_empty(&even));
    assert_null(list_first(&even));
    assert_null(list_last(&even));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_model),
        cmocka_unit_test(test_splice),
        cmocka_unit_test(test_safe_loops),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
