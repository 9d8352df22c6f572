/* SPDX-License-Identifier: MIT */
/* The memory map against a model of one byte a page, by random banks and reservations. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

/* The file under test keeps its tables static; each test starts with them empty. */
#include "../../core/mm/memmap.c"

#include "fake_log.h"

#define PAGES  512u
#define ROUNDS 300u

char *fake_ram;

static uint8_t model_ram[PAGES];
static uint8_t model_taken[PAGES];
static uint8_t model_nomap[PAGES];
static uint8_t model_firmware[PAGES], model_kernel[PAGES]; /* whose reservations hold it */

static int reset(void **state)
{
    (void)state;
    ram_count = 0;
    reservation_count = 0;
    closed = false;
    memset(model_ram, 0, sizeof(model_ram));
    memset(model_taken, 0, sizeof(model_taken));
    memset(model_nomap, 0, sizeof(model_nomap));
    memset(model_firmware, 0, sizeof(model_firmware));
    memset(model_kernel, 0, sizeof(model_kernel));
    return 0;
}

static void add_random_bank(void)
{
    uint64_t base = rand() % (PAGES * PAGE_SIZE);
    uint64_t size = rand() % (PAGES * PAGE_SIZE - base);

    assert_int_equal(memmap_add_ram(base, size), 0);
    for (uint64_t p = (base + PAGE_SIZE - 1) / PAGE_SIZE; p < (base + size) / PAGE_SIZE; p++) {
        model_ram[p] = 1;
    }
}

static void add_random_reservation(void)
{
    uint64_t base = rand() % (PAGES * PAGE_SIZE);
    uint64_t size = rand() % 20 * 1000 % (PAGES * PAGE_SIZE - base);
    static const char *const owners[] = {"file", "kernel", "firmware", "secret"};
    unsigned flags = rand() % 4;

    assert_int_equal(memmap_reserve(base, size, owners[flags], flags), 0);
    for (uint64_t p = base / PAGE_SIZE; size != 0 && p <= (base + size - 1) / PAGE_SIZE; p++) {
        model_taken[p] = 1;
        model_nomap[p] |= (flags & MEMMAP_NOMAP) != 0;
        (flags & MEMMAP_FIRMWARE ? model_firmware : model_kernel)[p] = 1;
    }
}

static void compare_with_model(void)
{
    uint64_t all = 0, free_pages = 0, mappable = 0, from = 0;
    phys_addr_t base;
    uint64_t size;

    for (unsigned p = 0; p < PAGES; p++) {
        all += model_ram[p];
        free_pages += model_ram[p] && !model_taken[p];
        mappable += model_ram[p] && !model_nomap[p];
        assert_int_equal(memmap_is_ram(p * PAGE_SIZE, PAGE_SIZE), model_ram[p]);
        assert_int_equal(memmap_is_firmwares(p * PAGE_SIZE + rand() % (PAGE_SIZE - 8), 8),
                         model_ram[p] && model_firmware[p] && !model_kernel[p]);
    }
    assert_int_equal(memmap_ram_bytes(), all * PAGE_SIZE);
    assert_int_equal(memmap_free_bytes(), free_pages * PAGE_SIZE);
    while (memmap_mappable(from, &base, &size)) {
        for (uint64_t p = base / PAGE_SIZE; p < (base + size) / PAGE_SIZE; p++) {
            assert_true(model_ram[p] && !model_nomap[p]);
            mappable--;
        }
        from = base + size;
    }
    assert_int_equal(mappable, 0);
}

static void random_maps_match_the_model(void **state)
{
    for (unsigned round = 0; round < ROUNDS; round++) {
        srand(round);
        reset(state);
        for (int i = rand() % 6; i >= 0; i--) {
            add_random_bank();
        }
        for (int i = rand() % 40; i > 0; i--) {
            add_random_reservation();
        }
        compare_with_model();
    }
}

static void allocation_takes_only_free_ram(void **state)
{
    (void)state;
    fake_ram = malloc(PAGES * PAGE_SIZE);
    for (int i = 0; i < 3; i++) {
        add_random_bank();
    }
    for (int i = 0; i < 20; i++) {
        add_random_reservation();
    }
    for (;;) {
        uint64_t size = (1 + rand() % 4) * PAGE_SIZE;
        phys_addr_t pa = memmap_alloc(size, PAGE_SIZE << rand() % 3, UINT64_MAX, "test");

        if (pa == 0) {
            break;
        }
        for (uint64_t p = pa / PAGE_SIZE; p < (pa + size) / PAGE_SIZE; p++) {
            assert_true(p != 0 && model_ram[p] && !model_taken[p]);
            model_taken[p] = 1;
            assert_int_equal(fake_ram[p * PAGE_SIZE + rand() % PAGE_SIZE], 0);
        }
    }
    while (memmap_alloc(PAGE_SIZE, PAGE_SIZE, UINT64_MAX, "test") != 0) {
    }
    assert_true(memmap_free_bytes() <= PAGE_SIZE); /* page 0 is never handed out */
    free(fake_ram);
}

static void allocation_keeps_below_the_limit(void **state)
{
    (void)state;
    fake_ram = malloc(PAGES * PAGE_SIZE);
    assert_int_equal(memmap_add_ram(0, PAGES * PAGE_SIZE), 0);
    assert_int_equal(memmap_alloc(PAGE_SIZE, PAGE_SIZE, PAGE_SIZE, "test"), 0);
    assert_int_equal(memmap_alloc(2 * PAGE_SIZE, PAGE_SIZE, 2 * PAGE_SIZE, "test"), 0);
    assert_int_equal(memmap_alloc(PAGE_SIZE, 8 * PAGE_SIZE, 9 * PAGE_SIZE, "test"), 8 * PAGE_SIZE);
    assert_int_equal(memmap_alloc(0, PAGE_SIZE, UINT64_MAX, "test"), 0);
    free(fake_ram);
}

static void a_closed_map_says_that_it_has_nothing(void **state)
{
    phys_addr_t base;
    uint64_t size;

    fake_log_reset(state);
    assert_int_equal(memmap_add_ram(0, PAGES * PAGE_SIZE), 0);
    memmap_close();
    assert_int_equal(memmap_alloc(PAGE_SIZE, PAGE_SIZE, UINT64_MAX, "late user"), 0);
    assert_non_null(strstr(fake_text, "late user"));
    assert_int_equal(fake_warnings, 1);
    assert_true(memmap_free_piece(0, &base, &size));
    assert_int_equal(size, PAGES * PAGE_SIZE);
}

static void taking_leaves_contents_and_keeps_between_bounds(void **state)
{
    (void)state;
    assert_int_equal(memmap_add_ram(0, PAGES * PAGE_SIZE), 0);
    assert_int_equal(memmap_take(PAGE_SIZE, PAGE_SIZE, 0x7000, UINT64_MAX, "x"), 0x7000);
    assert_int_equal(memmap_take(2 * PAGE_SIZE, PAGE_SIZE, 0x6000, 0x9000, "x"), 0);
    assert_int_equal(memmap_take(2 * PAGE_SIZE, PAGE_SIZE, 0x6000, 0xa000, "x"), 0x8000);
}

static void impossible_ranges_are_refused(void **state)
{
    (void)state;
    assert_int_equal(memmap_add_ram(UINT64_MAX - 5, 100), -EINVAL);
    assert_int_equal(memmap_add_ram(4096, UINT64_MAX), -EINVAL);
    assert_int_equal(memmap_add_ram(100, 200), 0);
    assert_int_equal(memmap_reserve(UINT64_MAX - 100, 4096, "x", MEMMAP_NOMAP), 0);
    assert_int_equal(memmap_reserve(UINT64_MAX - 100, 50, "x", MEMMAP_NOMAP), 0);
    assert_int_equal(memmap_ram_bytes(), 0);
}

static void a_reservation_without_end_takes_all(void **state)
{
    (void)state;
    assert_int_equal(memmap_add_ram(PAGE_SIZE, PAGES * PAGE_SIZE), 0);
    assert_int_equal(memmap_reserve(2 * PAGE_SIZE, UINT64_MAX, "x", 0), 0);
    assert_int_equal(memmap_free_bytes(), PAGE_SIZE);
    assert_int_equal(memmap_reserve(0, UINT64_MAX, "y", 0), 0);
    assert_int_equal(memmap_free_bytes(), 0);
}

static void what_firmware_keeps_is_its_alone(void **state)
{
    (void)state;
    assert_int_equal(memmap_add_ram(0, 8 * PAGE_SIZE), 0);
    assert_int_equal(memmap_reserve(PAGE_SIZE, 10 * PAGE_SIZE, "stub", MEMMAP_FIRMWARE), 0);
    assert_int_equal(memmap_reserve(3 * PAGE_SIZE, 1, "kernel", MEMMAP_NOMAP), 0);
    assert_true(memmap_is_firmwares(PAGE_SIZE, 2 * PAGE_SIZE));
    assert_false(memmap_is_firmwares(PAGE_SIZE, 2 * PAGE_SIZE + 1));
    assert_false(memmap_is_firmwares(PAGE_SIZE - 1, 8));
    assert_false(memmap_is_firmwares(3 * PAGE_SIZE + 8, 8));
    assert_true(memmap_is_firmwares(4 * PAGE_SIZE, 4 * PAGE_SIZE));
    assert_false(memmap_is_firmwares(8 * PAGE_SIZE - 4, 8)); /* half of it is no RAM */
    assert_false(memmap_is_firmwares(8 * PAGE_SIZE, 8));
    assert_false(memmap_is_firmwares(UINT64_MAX - 7, 8));
    assert_false(memmap_is_firmwares(PAGE_SIZE, UINT64_MAX));
}

static void full_tables_refuse_and_keep_what_they_have(void **state)
{
    (void)state;
    for (unsigned i = 0; i < RAM_MAX; i++) {
        assert_int_equal(memmap_add_ram(i * 2 * PAGE_SIZE, PAGE_SIZE), 0);
    }
    assert_int_equal(memmap_add_ram(RAM_MAX * 2 * PAGE_SIZE, PAGE_SIZE), -ENOSPC);
    for (unsigned i = 0; i < RESERVATIONS_MAX; i++) {
        assert_int_equal(memmap_reserve(i * 2 * PAGE_SIZE, PAGE_SIZE, "x", 0), 0);
    }
    assert_int_equal(memmap_reserve(PAGE_SIZE * 3, 1, "y", 0), -ENOSPC);
    assert_int_equal(memmap_ram_bytes(), RAM_MAX * PAGE_SIZE);
    assert_int_equal(memmap_free_bytes(), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(random_maps_match_the_model, reset),
        cmocka_unit_test_setup(allocation_takes_only_free_ram, reset),
        cmocka_unit_test_setup(allocation_keeps_below_the_limit, reset),
        cmocka_unit_test_setup(a_closed_map_says_that_it_has_nothing, reset),
        cmocka_unit_test_setup(taking_leaves_contents_and_keeps_between_bounds, reset),
        cmocka_unit_test_setup(impossible_ranges_are_refused, reset),
        cmocka_unit_test_setup(a_reservation_without_end_takes_all, reset),
        cmocka_unit_test_setup(what_firmware_keeps_is_its_alone, reset),
        cmocka_unit_test_setup(full_tables_refuse_and_keep_what_they_have, reset),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
