/* SPDX-License-Identifier: MIT */
/* The memory map's cleaning against a model of one byte a page. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../../bsp/x86_64/boot/boot.h"

#define MODEL 256u /* units of the model's address space */
#define NONE  0xff

static struct boot_info info;
static unsigned reports;
static const char *last_report;

static void note(const struct mem_region *region, const char *what)
{
    reports++;
    last_report = what;
}

static int reset(void **state)
{
    memset(&info, 0, sizeof(info));
    reports = 0;
    last_report = "";
    return 0;
}

static void keeps_a_good_map(void **state)
{
    boot_add_region(&info, 0x100000, 0x7f00000, MEM_RAM);
    boot_add_region(&info, 0, 0x9fc00, MEM_RAM);
    boot_add_region(&info, 0x9fc00, 0x400, MEM_RESERVED);
    boot_map_clean(&info, 36, note);
    assert_int_equal(info.region_count, 3);
    assert_int_equal(info.regions[0].base, 0);
    assert_int_equal(info.regions[1].type, MEM_RESERVED);
    assert_int_equal(info.regions[2].base, 0x100000);
    assert_int_equal(info.regions[2].size, 0x7f00000);
    assert_int_equal(reports, 0);
}

static void tells_what_is_impossible(void **state)
{
    boot_add_region(&info, 0x1000, 0, MEM_RAM);
    boot_map_clean(&info, 36, note);
    assert_int_equal(info.region_count, 0);
    assert_non_null(strstr(last_report, "empty"));

    reset(state);
    boot_add_region(&info, 0xfffffffffffff000, 0x2000, MEM_RAM);
    boot_map_clean(&info, 36, note);
    assert_int_equal(info.region_count, 0);
    assert_non_null(strstr(last_report, "wraps"));

    reset(state);
    boot_add_region(&info, 0x1000, 0xfffffffffffff000, MEM_RAM);
    boot_map_clean(&info, 36, note);
    assert_int_equal(info.region_count, 1);
    assert_int_equal(info.regions[0].size, (1ull << 36) - 0x1000);
    assert_non_null(strstr(last_report, "beyond"));

    reset(state);
    boot_add_region(&info, 1ull << 36, 0x1000, MEM_RAM);
    boot_add_region(&info, 1ull << 37, 0x1000, MEM_RESERVED);
    boot_map_clean(&info, 36, note);
    assert_int_equal(info.region_count, 0);
    assert_int_equal(reports, 1);

    reset(state);
    boot_add_region(&info, 0, 0x10000, MEM_RAM);
    boot_add_region(&info, 0x4000, 0x1000, MEM_RESERVED);
    boot_map_clean(&info, 36, note);
    assert_int_equal(info.region_count, 3);
    assert_int_equal(reports, 1);
    assert_non_null(strstr(last_report, "two kinds"));
}

static void agrees_with_a_model(void **state)
{
    for (unsigned round = 0; round < 2000; round++) {
        uint8_t model[MODEL], got[MODEL];
        unsigned count = (unsigned)rand() % 20;

        reset(state);
        memset(model, NONE, sizeof(model));
        memset(got, NONE, sizeof(got));
        for (unsigned i = 0; i < count; i++) {
            unsigned base = (unsigned)rand() % MODEL, size = (unsigned)rand() % 64;
            enum mem_type type = (enum mem_type)(rand() % 5);

            boot_add_region(&info, base, size, type);
            for (unsigned at = base; at < base + size && at < MODEL; at++) {
                model[at] = model[at] == NONE ? type : MAX(model[at], (uint8_t)type);
            }
        }
        boot_map_clean(&info, 8, NULL);
        for (unsigned i = 0; i < info.region_count; i++) {
            const struct mem_region *region = &info.regions[i];

            assert_true(region->size > 0);
            if (i > 0) {
                assert_true(region[-1].base + region[-1].size <= region->base);
            }
            memset(got + region->base, region->type, region->size);
        }
        assert_memory_equal(model, got, MODEL);
    }
}

static void keeps_within_its_table(void **state)
{
    for (unsigned i = 0; i < BOOT_REGIONS_MAX - 1; i++) {
        boot_add_region(&info, 0x10000 + i * 0x2000, 0x1000, MEM_RESERVED);
    }
    boot_add_region(&info, 0, 0x1000000, MEM_RAM);
    boot_map_clean(&info, 36, NULL);
    assert_int_equal(info.region_count, BOOT_REGIONS_MAX);
    assert_int_equal(info.regions_dropped, BOOT_REGIONS_MAX - 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(keeps_a_good_map, reset),
        cmocka_unit_test_setup(tells_what_is_impossible, reset),
        cmocka_unit_test_setup(agrees_with_a_model, reset),
        cmocka_unit_test_setup(keeps_within_its_table, reset),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
