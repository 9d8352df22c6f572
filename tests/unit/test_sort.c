/* SPDX-License-Identifier: MIT */
/* Sorting against the C library's, for all short orders and random long ones. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <keel/sort.h>

static size_t comparisons;

static int compare_bytes(const void *a, const void *b)
{
    return *(const uint8_t *)a - *(const uint8_t *)b;
}

static int compare_u64(const void *a, const void *b)
{
    uint64_t x;
    uint64_t y;

    memcpy(&x, a, sizeof(x));
    memcpy(&y, b, sizeof(y));
    comparisons++;
    return (x > y) - (x < y);
}

/* All sequences of up to 7 values, repetitions included. */
static void test_short(void **state)
{
    for (size_t count = 0; count <= 7; count++) {
        size_t orders = 1;

        for (size_t i = 0; i < count; i++) {
            orders *= count;
        }
        for (size_t order = 0; order < orders; order++) {
            uint8_t got[8] = {0};
            uint8_t want[8] = {0};

            for (size_t i = 0, rest = order; i < count; i++, rest /= count) {
                got[i] = want[i] = (uint8_t)(rest % count);
            }
            got[count] = want[count] = 0;
            sort(got, count, 1, compare_bytes);
            qsort(want, count, 1, compare_bytes);
            assert_memory_equal(got, want, sizeof(got));
        }
    }
}

struct wide {
    uint64_t key;
    uint8_t tail[11];
} __packed;

static void test_long(void **state)
{
    static struct wide got[1000];

    srand(1);
    for (size_t count = 0; count < ARRAY_SIZE(got); count += 37) {
        uint64_t sum = 0;

        comparisons = 0;
        for (size_t i = 0; i < count; i++) {
            got[i].key = (uint64_t)rand() % (count < 500 ? 50 : 100000);
            memset(got[i].tail, (int)got[i].key, sizeof(got[i].tail));
            sum += got[i].key;
        }
        sort(got, count, sizeof(got[0]), compare_u64);
        assert_true(comparisons <= 2 * 10 * count);
        for (size_t i = 0; i < count; i++) {
            assert_true(i == 0 || got[i - 1].key <= got[i].key);
            assert_int_equal(got[i].tail[10], (uint8_t)got[i].key);
            sum -= got[i].key;
        }
        assert_true(sum == 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_short),
        cmocka_unit_test(test_long),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
