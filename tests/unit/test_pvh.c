/* SPDX-License-Identifier: MIT */
/* The PVH parser: what start information says, and pointers and counts that lead nowhere. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../../bsp/x86_64/boot/boot.h"
#include <keel/errno.h>

#define BASE    0x8000
#define MODLIST 0x100
#define MEMMAP  0x200
#define TEXT    0x400
#define SIZE    0x2000

static uint8_t *memory;
static struct phys_view view;
static struct boot_info out;

#include "put_words.h"

static int reset(void **state)
{
    free(memory);
    memory = calloc(1, SIZE);
    view = (struct phys_view){.bytes = memory, .base = BASE, .size = SIZE};
    memset(&out, 0, sizeof(out));
    put32(0, 0x336ec578);
    put32(4, 1);
    return 0;
}

static int parse(void)
{
    return pvh_parse(&view, BASE, &out);
}

static void reads_an_empty_one(void **state)
{
    assert_int_equal(parse(), 0);
    assert_int_equal(out.protocol, BOOT_PVH);
    assert_int_equal(out.module_count + out.region_count, 0);
    assert_string_equal(out.cmdline, "");
}

static void reads_command_line_and_root_pointer(void **state)
{
    put64(24, BASE + TEXT);
    put64(32, 0xf5a40);
    strcpy((char *)memory + TEXT, "init=none");
    assert_int_equal(parse(), 0);
    assert_string_equal(out.cmdline, "init=none");
    assert_int_equal(out.rsdp, 0xf5a40);
}

static void cuts_long_command_lines(void **state)
{
    put64(24, BASE + TEXT);
    memset(memory + TEXT, 'z', 4096);
    assert_int_equal(parse(), 0);
    assert_int_equal(strlen(out.cmdline), 4095);
    assert_int_equal(out.cmdline_dropped, 1);
}

static void ends_text_with_memory(void **state)
{
    put64(24, BASE + SIZE - 4);
    memcpy(memory + SIZE - 4, "last", 4);
    assert_int_equal(parse(), 0);
    assert_string_equal(out.cmdline, "last");
}

static void reads_modules(void **state)
{
    put32(12, 2);
    put64(16, BASE + MODLIST);
    put64(MODLIST, 0x120000000);
    put64(MODLIST + 8, 0x4000);
    put64(MODLIST + 16, BASE + TEXT);
    put64(MODLIST + 32, 0x6000000);
    put64(MODLIST + 40, 0x10);
    strcpy((char *)memory + TEXT, "initrd.img quiet");
    assert_int_equal(parse(), 0);
    assert_int_equal(out.module_count, 2);
    assert_int_equal(out.modules[0].base, 0x120000000);
    assert_int_equal(out.modules[0].size, 0x4000);
    assert_string_equal(out.modules[0].name, "initrd.img quiet");
    assert_string_equal(out.modules[1].name, "");
}

static void takes_only_modules_that_fit(void **state)
{
    put32(12, 0xffffffff);
    put64(16, BASE + MODLIST);
    assert_int_equal(parse(), 0);
    assert_int_equal(out.module_count, BOOT_MODULES_MAX);
}

static void reads_the_memory_map(void **state)
{
    put64(40, BASE + MEMMAP);
    put32(48, 3);
    for (uint32_t i = 0; i < 3; i++) {
        put64(MEMMAP + 24 * i, 0x100000000 * i);
        put64(MEMMAP + 24 * i + 8, 0x1000 * (i + 1));
        put32(MEMMAP + 24 * i + 16, i + 1);
    }
    assert_int_equal(parse(), 0);
    assert_int_equal(out.region_count, 3);
    assert_int_equal(out.regions[2].base, 0x200000000);
    assert_int_equal(out.regions[2].size, 0x3000);
    assert_int_equal(out.regions[0].type, MEM_RAM);
    assert_int_equal(out.regions[1].type, MEM_RESERVED);
    assert_int_equal(out.regions[2].type, MEM_ACPI);
}

static void knows_version_0_without_a_map(void **state)
{
    put32(4, 0);
    put64(40, UINT64_MAX);
    put32(48, 99);
    assert_int_equal(parse(), 0);
    assert_int_equal(out.region_count, 0);
}

static void refuses_what_is_not_there(void **state)
{
    put32(0, 0x336ec579);
    assert_int_equal(parse(), -EINVAL);
    put32(0, 0x336ec578);
    assert_int_equal(pvh_parse(&view, BASE - 8, &out), -EINVAL);
    assert_int_equal(pvh_parse(&view, BASE + SIZE - 39, &out), -EINVAL);
    assert_int_equal(pvh_parse(&view, UINT64_MAX - 3, &out), -EINVAL);
}

static void refuses_pointers_out_of_reach(void **state)
{
    static const uint64_t wild[] = {1,           BASE - 1,           BASE + SIZE,
                                    0x100000000, 0xffffffffffff0000, UINT64_MAX};

    for (size_t i = 0; i < ARRAY_SIZE(wild); i++) {
        reset(state);
        put64(24, wild[i]);
        assert_int_equal(parse(), -ERANGE);
        reset(state);
        put32(12, 1);
        put64(16, wild[i]);
        assert_int_equal(parse(), -ERANGE);
        reset(state);
        put32(12, 1);
        put64(16, BASE + MODLIST);
        put64(MODLIST + 16, wild[i]);
        assert_int_equal(parse(), -ERANGE);
        reset(state);
        put64(40, wild[i]);
        put32(48, 1);
        assert_int_equal(parse(), -ERANGE);
    }
    reset(state);
    memcpy(memory + SIZE - 40, memory, 40);
    assert_int_equal(pvh_parse(&view, BASE + SIZE - 40, &out), -ERANGE);
}

static void refuses_counts_beyond_reason(void **state)
{
    put64(40, BASE + MEMMAP);
    put32(48, 0xffffffff);
    assert_int_equal(parse(), -EPROTO);
    put32(48, SIZE / 24);
    assert_int_equal(parse(), -ERANGE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(reads_an_empty_one, reset),
        cmocka_unit_test_setup(reads_command_line_and_root_pointer, reset),
        cmocka_unit_test_setup(cuts_long_command_lines, reset),
        cmocka_unit_test_setup(ends_text_with_memory, reset),
        cmocka_unit_test_setup(reads_modules, reset),
        cmocka_unit_test_setup(takes_only_modules_that_fit, reset),
        cmocka_unit_test_setup(reads_the_memory_map, reset),
        cmocka_unit_test_setup(knows_version_0_without_a_map, reset),
        cmocka_unit_test_setup(refuses_what_is_not_there, reset),
        cmocka_unit_test_setup(refuses_pointers_out_of_reach, reset),
        cmocka_unit_test_setup(refuses_counts_beyond_reason, reset),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);

    free(memory);
    return failed;
}
