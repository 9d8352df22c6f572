/* SPDX-License-Identifier: MIT */
/* The mapping area's ranges against a list: no two overlap, every one is where it was asked to be, what is
 * given back is found again, and in the end all is one free part. */
#include "../../core/vm/kmap_ranges.h"

#include <arch/layout.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#define START      (KMAP_BASE + PAGE_SIZE)
#define AREA_PAGES 100000u
#define RECORDS    4096u
#define RANGES_MAX 500u
#define ROUNDS     40000u

char *fake_ram;

static struct kmap_range records[RECORDS];
static struct kmap_range *taken[RANGES_MAX];
static unsigned count;

static uint64_t below(uint64_t n)
{
    return (uint64_t)random() % n;
}

static int setup(void **state)
{
    static bool once;

    (void)state;
    if (!once) {
        kmap_ranges_feed(records, RECORDS);
        kmap_ranges_init(START, AREA_PAGES);
        once = true;
    }
    assert_int_equal(kmap_ranges_stock(), RECORDS - 1);
    return 0;
}

/* The parts follow each other without gap; free ones never touch. */
static void check_parts(void)
{
    struct kmap_range *part = NULL, *before = NULL;
    virt_addr_t at = START;
    unsigned used = 0, parts = 0;

    while ((part = kmap_ranges_next(part)) != NULL) {
        assert_int_equal(part->start, at);
        assert_int_not_equal(part->pages, 0);
        assert_true(!before || before->used || part->used);
        at += part->pages * PAGE_SIZE;
        used += part->used;
        parts++;
        before = part;
    }
    assert_int_equal(at, START + AREA_PAGES * PAGE_SIZE);
    assert_int_equal(used, count);
    assert_int_equal(kmap_ranges_stock(), RECORDS - parts);
}

static void take_one(void)
{
    uint64_t align = PAGE_SIZE << (below(3) == 0 ? below(10) : 0);
    uint64_t skew = below(align / PAGE_SIZE) * PAGE_SIZE;
    size_t pages = 1 + below(1ull << below(11));
    struct kmap_range *range = kmap_ranges_take(pages, align, skew);

    if (range) {
        assert_true(range->used);
        assert_int_equal(range->pages, pages);
        assert_int_equal(range->start % align, skew);
        assert_ptr_equal(kmap_ranges_find(range->start + pages * PAGE_SIZE - 1), range);
        taken[count++] = range;
    }
}

static void give_one(unsigned index)
{
    kmap_ranges_give(taken[index]);
    taken[index] = taken[--count];
}

static void random_ranges_fit_together(void **state)
{
    (void)state;
    srandom(7);
    for (unsigned i = 0; i < ROUNDS; i++) {
        if (count == 0 || (count < RANGES_MAX && below(100) < (i / 2000 % 2 ? 40 : 60))) {
            take_one();
        } else {
            give_one((unsigned)below(count));
        }
        if (i % 64 == 0) {
            check_parts();
        }
    }
    while (count > 0) {
        give_one(0);
    }
    check_parts();
    assert_int_equal(kmap_ranges_stock(), RECORDS - 1);
}

/* All of the area, page by page; then holes of one page that no larger request fits. */
static void the_area_can_be_used_up(void **state)
{
    struct kmap_range *all = kmap_ranges_take(AREA_PAGES, PAGE_SIZE, 0), *parts[100];

    (void)state;
    assert_non_null(all);
    assert_null(kmap_ranges_take(1, PAGE_SIZE, 0));
    kmap_ranges_give(all);
    assert_null(kmap_ranges_take(AREA_PAGES + 1, PAGE_SIZE, 0));
    assert_null(kmap_ranges_take(SIZE_MAX / PAGE_SIZE, PAGE_SIZE, 0));
    for (unsigned i = 0; i < 100; i++) {
        parts[i] = kmap_ranges_take(AREA_PAGES / 100, PAGE_SIZE, 0);
        assert_non_null(parts[i]);
    }
    assert_null(kmap_ranges_take(1, PAGE_SIZE, 0));
    for (unsigned i = 0; i < 100; i += 2) {
        kmap_ranges_give(parts[i]);
    }
    assert_null(kmap_ranges_take(AREA_PAGES / 100 + 1, PAGE_SIZE, 0));
    for (unsigned i = 0; i < 100; i += 2) {
        parts[i] = kmap_ranges_take(AREA_PAGES / 100, PAGE_SIZE, 0);
        assert_non_null(parts[i]);
    }
    for (unsigned i = 0; i < 100; i++) {
        kmap_ranges_give(parts[i]);
    }
    assert_int_equal(kmap_ranges_stock(), RECORDS - 1);
}

/* Taking may need two records; without them it fails, and giving back still works. */
static void records_run_out_without_harm(void **state)
{
    struct kmap_range *held[RECORDS];
    unsigned n = 0;

    (void)state;
    while (n < RECORDS && (held[n] = kmap_ranges_take(2, PAGE_SIZE, 0)) != NULL) {
        n++;
    }
    assert_int_equal(kmap_ranges_stock(), 1);
    for (unsigned i = 0; i < n; i++) {
        kmap_ranges_give(held[i]);
    }
    assert_int_equal(kmap_ranges_stock(), RECORDS - 1);
}

static void other_addresses_are_in_no_range(void **state)
{
    (void)state;
    assert_null(kmap_ranges_find(START - 1));
    assert_null(kmap_ranges_find(START + AREA_PAGES * PAGE_SIZE));
    assert_false(kmap_ranges_find(START)->used);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(random_ranges_fit_together, setup),
        cmocka_unit_test_setup(the_area_can_be_used_up, setup),
        cmocka_unit_test_setup(records_run_out_without_harm, setup),
        cmocka_unit_test_setup(other_addresses_are_in_no_range, setup),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
