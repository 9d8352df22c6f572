/* SPDX-License-Identifier: MIT */
/* What the page allocator of a debug build says of misuse: each is stopped with the page's history. */
#include "pmm_machine.h"

static phys_addr_t page;

static int setup(void **state)
{
    (void)state;
    machine_reset();
    machine_bank(16 * MIB, 32 * MIB);
    memmap_reserve(16 * MIB, 3 * PAGE_SIZE, "reserved", 0);
    machine_start();
    page = pmm_alloc_page(0);
    return 0;
}

static void expect_said(const char *text)
{
    char where[32];

    snprintf(where, sizeof(where), "%#llx", (unsigned long long)page);
    if (strstr(fake_text, text) == NULL || strstr(fake_text, where) == NULL) {
        fail_msg("not said of %s: \"%s\"; said: %s", where, text, fake_text);
    }
}

/* The places that the history names are in this file's functions: they print as addresses here. */
static void expect_history(const char *text)
{
    char from[32];

    expect_said(text);
    expect_said("allocated by 0x");
    snprintf(from, sizeof(from), "freed by 0x");
    expect_said(from);
}

static void a_second_free_is_stopped(void **state)
{
    (void)state;
    pmm_free_page(page);
    ASSERT_PANICS(pmm_free_page(page));
    expect_history("freed twice");
}

static void a_second_free_from_another_cpu_is_stopped(void **state)
{
    (void)state;
    pmm_free_page(page);
    fake_cpu = 1;
    ASSERT_PANICS(pmm_free_contiguous(page, 1));
    expect_history("freed twice");
}

static void a_reserved_page_is_not_freed(void **state)
{
    (void)state;
    page = 17 * MIB; /* never handed out, its chunk in use or not */
    ASSERT_PANICS(pmm_free_page(page));
    expect_said("freed");
    page = 16 * MIB;
    fake_text[0] = '\0';
    ASSERT_PANICS(pmm_free_page(page));
    expect_said("freed");
    page = 64 * MIB;
    fake_text[0] = '\0';
    ASSERT_PANICS(pmm_free_page(page));
    expect_said("not the page allocator's");
    page = 20 * MIB + 5;
    ASSERT_PANICS(pmm_free_page(page));
    expect_said("not the page allocator's");
}

static void a_page_in_use_is_not_freed(void **state)
{
    (void)state;
    page_ref(page);
    ASSERT_PANICS(pmm_free_page(page));
    expect_said("freed in use");
    expect_said("1 references, 0 pins");
    expect_said("freed by nobody");
}

static void counts_do_not_leave_their_range(void **state)
{
    (void)state;
    page_of(page)->refs = UINT32_MAX;
    ASSERT_PANICS(page_ref(page));
    expect_said("overflow");
    page_of(page)->refs = 0;
    ASSERT_PANICS(page_unref(page));
    expect_said("loses a reference");
    ASSERT_PANICS(page_unpin(page));
    expect_said("loses a pin");
}

static void pages_come_and_go_in_peace(void **state)
{
    static phys_addr_t pages[4000];

    (void)state;
    for (unsigned round = 0; round < 3; round++) {
        size_t got = pmm_alloc_pages(pages, ARRAY_SIZE(pages), round == 0 ? PMM_ZERO : 0);
        phys_addr_t run = pmm_alloc_contiguous(600, 0, 21);

        assert_int_equal(got, ARRAY_SIZE(pages));
        assert_true(run != 0);
        pmm_free_pages(pages, got);
        for (unsigned i = 0; i < 600; i++) {
            pmm_free_page(run + i * PAGE_SIZE);
        }
        machine_check();
    }
    pmm_free_page(page);
    assert_int_equal(machine_free() + machine_record_frames(), machine_frames);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(a_second_free_is_stopped, setup),
        cmocka_unit_test_setup(a_second_free_from_another_cpu_is_stopped, setup),
        cmocka_unit_test_setup(a_reserved_page_is_not_freed, setup),
        cmocka_unit_test_setup(a_page_in_use_is_not_freed, setup),
        cmocka_unit_test_setup(counts_do_not_leave_their_range, setup),
        cmocka_unit_test_setup(pages_come_and_go_in_peace, setup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
