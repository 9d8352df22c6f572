/* SPDX-License-Identifier: MIT */
/* Bitmaps against a model of one byte a bit. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <keel/bitmap.h>

#define SIZE   331
#define ROUNDS 20000

/* Behind the size the map holds ones and the model nothing: they must not be looked at. */
static DECLARE_BITMAP(map, SIZE);
static bool model[SIZE];

static size_t model_next(bool value, size_t size, size_t from)
{
    for (; from < size; from++) {
        if (model[from] == value) {
            return from;
        }
    }
    return size;
}

static size_t model_zero_area(size_t size, size_t from, size_t count, size_t align)
{
    for (from = ALIGN_UP(from, align); from + count <= size && from < size; from += align) {
        if (model_next(true, from + count, from) == from + count) {
            return from;
        }
    }
    return size;
}

static size_t model_weight(size_t size)
{
    size_t weight = 0;

    for (size_t i = 0; i < size; i++) {
        weight += model[i];
    }
    return weight;
}

static void expect_model(void)
{
    size_t size = (size_t)rand() % (SIZE + 1);
    size_t from = (size_t)rand() % (SIZE + 1);
    size_t count = (size_t)rand() % (rand() % 2 ? 100 : 5) + 1;
    size_t align = (size_t)1 << rand() % 8;
    size_t bit;
    size_t walked = 0;

    assert_int_equal(bitmap_find_next_set(map, size, from),
                     model_next(true, size, MIN(from, size)));
    assert_int_equal(bitmap_find_next_zero(map, size, from),
                     model_next(false, size, MIN(from, size)));
    assert_int_equal(bitmap_find_first_set(map, size), model_next(true, size, 0));
    assert_int_equal(bitmap_find_first_zero(map, size), model_next(false, size, 0));
    assert_int_equal(bitmap_find_zero_area(map, size, from, count, align),
                     model_zero_area(size, from, count, align));
    assert_int_equal(bitmap_weight(map, size), model_weight(size));
    bitmap_for_each_set(bit, map, size)
    {
        assert_true(model[bit]);
        walked++;
    }
    assert_int_equal(walked, model_weight(size));
}

static void change(void)
{
    size_t start = (size_t)rand() % SIZE;
    size_t count = (size_t)rand() % (SIZE - start + 1);

    switch (rand() % 5) {
    case 0:
        bitmap_set(map, start, count / 4);
        memset(model + start, true, count / 4);
        break;
    case 1:
        bitmap_clear(map, start, count / 2);
        memset(model + start, false, count / 2);
        break;
    case 2:
        bitmap_set_bit(map, start);
        model[start] = true;
        break;
    case 3:
        bitmap_clear_bit(map, start);
        model[start] = false;
        break;
    default:
        bitmap_clear(map, start, 0);
        bitmap_set(map, start, 0);
        break;
    }
}

static void test_model(void **state)
{
    srand(1);
    memset(map, 0, sizeof(map));
    map[SIZE / 64] = UINT64_MAX << SIZE % 64;
    for (int round = 0; round < ROUNDS; round++) {
        change();
        for (size_t i = 0; i < SIZE; i++) {
            assert_int_equal(bitmap_test(map, i), model[i]);
        }
        assert_true(map[SIZE / 64] >> SIZE % 64 == UINT64_MAX >> SIZE % 64);
        expect_model();
    }
}

static void test_zero_area_limits(void **state)
{
    DECLARE_BITMAP(small, 64) = {0};

    assert_int_equal(bitmap_find_zero_area(small, 64, 0, 64, 1), 0);
    assert_int_equal(bitmap_find_zero_area(small, 64, 0, 65, 1), 64);
    assert_int_equal(bitmap_find_zero_area(small, 64, 1, 1, 64), 64);
    assert_int_equal(bitmap_find_zero_area(small, 64, 0, SIZE_MAX, 1), 64);
    assert_int_equal(bitmap_find_zero_area(small, 64, 1, 1, (size_t)1 << 63), 64);
    assert_int_equal(bitmap_find_zero_area(small, 0, 0, 1, 1), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_model),
        cmocka_unit_test(test_zero_area_limits),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
