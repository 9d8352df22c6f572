/* SPDX-License-Identifier: MIT */
/* The Multiboot2 parser: every tag it knows, and information that lies about its sizes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../../bsp/x86_64/boot/boot.h"
#include <keel/errno.h>

#define INFO_AT 0x9000

static uint8_t memory[8192];
static uint32_t used;
static struct boot_info out;

#include "put_words.h"

static int reset(void **state)
{
    memset(memory, 0, sizeof(memory));
    memset(&out, 0, sizeof(out));
    used = 8;
    return 0;
}

/* Opens a tag of `size` bytes, its header included; returns where it starts. */
static uint32_t tag(uint32_t type, uint32_t size)
{
    uint32_t at = used;

    put32(at, type);
    put32(at + 4, size);
    used = ALIGN_UP(at + size, 8u);
    return at;
}

static void text_tag(uint32_t type, const char *text)
{
    memcpy(memory + tag(type, 8 + strlen(text) + 1) + 8, text, strlen(text) + 1);
}

/* Parses what has been put together; an exact heap copy lets the sanitizer see the end. */
static int parse(void)
{
    struct phys_view view;
    uint8_t *copy;
    int err;

    tag(0, 8);
    put32(0, used);
    copy = malloc(used);
    memcpy(copy, memory, used);
    view = (struct phys_view){.bytes = copy, .base = INFO_AT, .size = used};
    err = multiboot2_parse(&view, INFO_AT, &out);
    free(copy);
    return err;
}

static void reads_texts(void **state)
{
    text_tag(1, "init=none loglevel=0");
    text_tag(2, "GRUB 2.06-13+deb12u1 with a name longer than we keep");
    assert_int_equal(parse(), 0);
    assert_int_equal(out.protocol, BOOT_MULTIBOOT2);
    assert_string_equal(out.cmdline, "init=none loglevel=0");
    assert_int_equal(out.cmdline_dropped, 0);
    assert_string_equal(out.loader, "GRUB 2.06-13+deb12u1 with a nam");
}

static void cuts_long_command_lines(void **state)
{
    uint32_t at = tag(1, 8 + 5001);

    memset(memory + at + 8, 'x', 5000);
    assert_int_equal(parse(), 0);
    assert_int_equal(strlen(out.cmdline), BOOT_CMDLINE_MAX - 1);
    assert_int_equal(out.cmdline_dropped, 5000 - (BOOT_CMDLINE_MAX - 1));
}

static void takes_text_without_end(void **state)
{
    memset(memory + tag(1, 8 + 16) + 8, 'y', 16);
    assert_int_equal(parse(), 0);
    assert_string_equal(out.cmdline, "yyyyyyyyyyyyyyyy");
}

static void reads_modules(void **state)
{
    for (uint32_t i = 0; i < BOOT_MODULES_MAX + 3; i++) {
        uint32_t at = tag(3, 16 + 4);

        put32(at + 8, 0x100000 * (i + 1));
        put32(at + 12, 0x100000 * (i + 1) + 0x1234);
        memcpy(memory + at + 16, "m x", 4);
    }
    assert_int_equal(parse(), 0);
    assert_int_equal(out.module_count, BOOT_MODULES_MAX);
    assert_int_equal(out.modules[1].base, 0x200000);
    assert_int_equal(out.modules[1].size, 0x1234);
    assert_string_equal(out.modules[1].name, "m x");
}

static void gives_reversed_modules_an_impossible_size(void **state)
{
    uint32_t at = tag(3, 17);

    put32(at + 8, 0x5000000);
    put32(at + 12, 0x4000000);
    assert_int_equal(parse(), 0);
    assert_true(out.modules[0].size > UINT64_MAX / 2);
}

static void reads_the_memory_map(void **state)
{
    uint32_t at = tag(6, 16 + 3 * 32);

    put32(at + 8, 32); /* entries may grow */
    put64(at + 16, 0x1000);
    put64(at + 24, 0x9e000);
    put32(at + 32, 1);
    put64(at + 48, 0x100000000);
    put64(at + 56, 0x1000000000);
    put32(at + 64, 3);
    put64(at + 80, 0xfffc0000);
    put64(at + 88, 0x40000);
    put32(at + 96, 77);
    assert_int_equal(parse(), 0);
    assert_int_equal(out.region_count, 3);
    assert_int_equal(out.regions[0].base, 0x1000);
    assert_int_equal(out.regions[0].type, MEM_RAM);
    assert_int_equal(out.regions[1].size, 0x1000000000);
    assert_int_equal(out.regions[1].type, MEM_ACPI);
    assert_int_equal(out.regions[2].type, MEM_RESERVED);
}

static void counts_regions_that_do_not_fit(void **state)
{
    uint32_t count = BOOT_REGIONS_MAX + 5;
    uint32_t at = tag(6, 16 + count * 24);

    put32(at + 8, 24);
    assert_int_equal(parse(), 0);
    assert_int_equal(out.region_count, BOOT_REGIONS_MAX);
    assert_int_equal(out.regions_dropped, 5);
}

static void falls_back_to_basic_memory_information(void **state)
{
    uint32_t at = tag(4, 16);

    put32(at + 8, 639);
    put32(at + 12, 64 * 1024);
    assert_int_equal(parse(), 0);
    assert_int_equal(out.region_count, 2);
    assert_int_equal(out.regions[0].size, 639 * 1024);
    assert_int_equal(out.regions[1].base, 0x100000);
    assert_int_equal(out.regions[1].size, 64 << 20);
}

static void put_framebuffer(uint8_t type, uint32_t size)
{
    static const uint8_t colours[] = {16, 8, 8, 8, 0, 8};
    uint32_t at = tag(8, size);

    put64(at + 8, type == 2 ? 0xb8000 : 0xfd000000);
    put32(at + 16, type == 2 ? 160 : 4096);
    put32(at + 20, type == 2 ? 80 : 1024);
    put32(at + 24, type == 2 ? 25 : 768);
    memory[at + 28] = type == 2 ? 16 : 32;
    memory[at + 29] = type;
    memcpy(memory + at + 32, colours, size - 32);
}

static void reads_framebuffers(void **state)
{
    put_framebuffer(1, 38);
    assert_int_equal(parse(), 0);
    assert_int_equal(out.framebuffer.format, FB_RGB);
    assert_int_equal(out.framebuffer.base, 0xfd000000);
    assert_int_equal(out.framebuffer.width, 1024);
    assert_int_equal(out.framebuffer.height, 768);
    assert_int_equal(out.framebuffer.pitch, 4096);
    assert_int_equal(out.framebuffer.bpp, 32);
    assert_int_equal(out.framebuffer.red_pos, 16);
    assert_int_equal(out.framebuffer.blue_pos, 0);
    assert_int_equal(out.framebuffer.green_size, 8);

    reset(state);
    put_framebuffer(2, 32);
    assert_int_equal(parse(), 0);
    assert_int_equal(out.framebuffer.format, FB_EGA_TEXT);
    assert_int_equal(out.framebuffer.base, 0xb8000);
    assert_int_equal(out.framebuffer.width, 80);

    reset(state);
    put_framebuffer(0, 36);
    assert_int_equal(parse(), 0);
    assert_int_equal(out.framebuffer.format, FB_NONE);

    reset(state);
    put_framebuffer(1, 37);
    assert_int_equal(parse(), -EPROTO);
}

static void prefers_the_new_root_pointer(void **state)
{
    uint32_t new_at = tag(15, 44);

    tag(14, 28);
    assert_int_equal(parse(), 0);
    assert_int_equal(out.rsdp, INFO_AT + new_at + 8);

    reset(state);
    new_at = tag(14, 28);
    assert_int_equal(parse(), 0);
    assert_int_equal(out.rsdp, INFO_AT + new_at + 8);
}

static void passes_over_tags_about_efi(void **state)
{
    static const uint32_t unknown[] = {5, 7, 9, 10, 11, 12, 13, 16, 17, 18, 19, 20, 21, 99};

    for (size_t i = 0; i < ARRAY_SIZE(unknown); i++) {
        tag(unknown[i], 8 + i);
    }
    text_tag(1, "still here");
    assert_int_equal(parse(), 0);
    assert_string_equal(out.cmdline, "still here");
}

static void refuses_short_tags(void **state)
{
    static const struct {
        uint32_t type, size;
    } shortened[] = {{3, 15}, {6, 15}, {8, 31}, {14, 27}, {15, 43}};

    for (size_t i = 0; i < ARRAY_SIZE(shortened); i++) {
        reset(state);
        tag(shortened[i].type, shortened[i].size);
        assert_int_equal(parse(), -EPROTO);
    }
}

static int parse_raw(uint32_t total, uint32_t type, uint32_t size)
{
    struct phys_view view = {.bytes = memory, .base = INFO_AT, .size = sizeof(memory)};

    put32(0, total);
    put32(8, type);
    put32(12, size);
    return multiboot2_parse(&view, INFO_AT, &out);
}

static void refuses_sizes_that_lie(void **state)
{
    struct phys_view view = {.bytes = memory, .base = INFO_AT, .size = 4};

    assert_int_equal(parse_raw(0, 0, 8), -EINVAL);
    assert_int_equal(parse_raw(7, 0, 8), -EINVAL);
    assert_int_equal(parse_raw(0xffffffff, 0, 8), -EINVAL);
    assert_int_equal(parse_raw(sizeof(memory) + 8, 0, 8), -ERANGE);
    assert_int_equal(parse_raw(8, 0, 8), -EPROTO);
    assert_int_equal(parse_raw(12, 0, 8), -EPROTO);
    assert_int_equal(parse_raw(64, 6, 0), -EPROTO);
    assert_int_equal(parse_raw(64, 6, 0xfffffff8), -EPROTO);
    assert_int_equal(parse_raw(24, 99, 16), -EPROTO); /* no end tag */
    assert_int_equal(multiboot2_parse(&view, INFO_AT, &out), -EINVAL);
    assert_int_equal(multiboot2_parse(&view, INFO_AT - 1, &out), -EINVAL);
    assert_int_equal(multiboot2_parse(&view, UINT64_MAX, &out), -EINVAL);
}

static void refuses_entries_of_no_size(void **state)
{
    for (uint32_t size = 0; size < 24; size++) {
        uint32_t at;

        reset(state);
        at = tag(6, 16 + 48);
        put32(at + 8, size);
        assert_int_equal(parse(), -EPROTO);
    }
    reset(state);
    put32(tag(6, 16 + 48) + 8, 0xffffffff);
    assert_int_equal(parse(), 0);
    assert_int_equal(out.region_count, 0);
}

static void survives_any_bytes(void **state)
{
    for (unsigned round = 0; round < 20000; round++) {
        uint32_t total = 8 + (uint32_t)rand() % 256;
        struct phys_view view = {.base = INFO_AT, .size = total};
        uint8_t *copy = malloc(total);

        for (uint32_t i = 0; i < total; i++) {
            copy[i] = rand() % 4 == 0 ? rand() : rand() % 24 * (i % 4 == 0);
        }
        memcpy(copy, &total, sizeof(total));
        view.bytes = copy;
        memset(&out, 0, sizeof(out));
        (void)multiboot2_parse(&view, INFO_AT, &out);
        free(copy);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(reads_texts, reset),
        cmocka_unit_test_setup(cuts_long_command_lines, reset),
        cmocka_unit_test_setup(takes_text_without_end, reset),
        cmocka_unit_test_setup(reads_modules, reset),
        cmocka_unit_test_setup(gives_reversed_modules_an_impossible_size, reset),
        cmocka_unit_test_setup(reads_the_memory_map, reset),
        cmocka_unit_test_setup(counts_regions_that_do_not_fit, reset),
        cmocka_unit_test_setup(falls_back_to_basic_memory_information, reset),
        cmocka_unit_test_setup(reads_framebuffers, reset),
        cmocka_unit_test_setup(prefers_the_new_root_pointer, reset),
        cmocka_unit_test_setup(passes_over_tags_about_efi, reset),
        cmocka_unit_test_setup(refuses_short_tags, reset),
        cmocka_unit_test_setup(refuses_sizes_that_lie, reset),
        cmocka_unit_test_setup(refuses_entries_of_no_size, reset),
        cmocka_unit_test_setup(survives_any_bytes, reset),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
