/* SPDX-License-Identifier: MIT */
/* Boot file systems and the programs in them: good ones, and each way to be bad. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <keel/cpio.h>
#include <keel/elf.h>
#include <keel/errno.h>

#define PAGE    4096u
#define MACHINE 62

/* --- Archives. Each is in memory of its own size, so that a byte too far is seen. --- */

static char text[4096];
static size_t used;

static void add(const char *name, unsigned mode, const char *data)
{
    size_t size = strlen(data), name_size = strlen(name) + 1;

    used += (size_t)snprintf(text + used, sizeof(text) - used,
                             "070701%08x%08x%08x%08x%08x%08x%08zx%08x%08x%08x%08x%08zx%08x", 1,
                             mode, 0, 0, 1, 0, size, 0, 0, 0, 0, name_size, 0);
    memcpy(text + used, name, name_size);
    for (used += name_size; used % 4 != 0; used++) {
        text[used] = 0;
    }
    memcpy(text + used, data, size);
    for (used += size; used % 4 != 0; used++) {
        text[used] = 0;
    }
}

static void make_archive(void)
{
    memset(text, 0, sizeof(text));
    used = 0;
    add("bin", 040755, "");
    add("./bin/init", 0100755, "first");
    add("/bin/other", 0100644, "");
    add("bin/link", 0120777, "init");
    add("bin/init", 0100755, "second");
    add("TRAILER!!!", 0, "");
}

static int find(size_t size, const char *path, char *out)
{
    char *copy = malloc(size != 0 ? size : 1);
    struct cpio archive = {.data = copy, .size = size};
    struct cpio_entry entry;
    int err;

    memcpy(copy, text, size);
    err = cpio_find(&archive, path, &entry);
    if (err == 0) {
        memcpy(out, entry.data, entry.size);
        out[entry.size] = 0;
    }
    free(copy);
    return err;
}

static void test_finds_files(void **state)
{
    char got[16];

    (void)state;
    make_archive();
    assert_int_equal(find(used, "bin/init", got), 0);
    assert_string_equal(got, "second");
    assert_int_equal(find(used, "/bin/init", got), 0);
    assert_int_equal(find(used, "bin/other", got), 0);
    assert_string_equal(got, "");
    assert_int_equal(find(used, "bin", got), -ENOENT);
    assert_int_equal(find(used, "bin/link", got), -ENOENT);
    assert_int_equal(find(used, "bin/ini", got), -ENOENT);
    assert_int_equal(find(used, "", got), -ENOENT);
}

static void test_cut_off_archives(void **state)
{
    char got[16];

    (void)state;
    make_archive();
    for (size_t size = 0; size < used - 1; size++) {
        int err = find(size, "bin/init", got);

        assert_true(err == -EPROTO || (err == 0 && size + 4 > used));
    }
}

/* Every byte of the archive becomes another one. */
static void test_changed_archives(void **state)
{
    static const char values[] = {0, ' ', '/', '0', '9', 'f', 'F', 'g', '-', 'x', 0x7f, (char)0xff};
    char got[sizeof(text)];

    (void)state;
    for (size_t at = 0; at < used; at++) {
        for (size_t i = 0; i < sizeof(values); i++) {
            make_archive();
            text[at] = values[i];
            (void)find(used, "bin/init", got);
        }
    }
    make_archive();
    memcpy(text, "070703", 6);
    assert_int_equal(find(used, "bin/init", got), -EPROTO);
}

/* --- Programs --- */

static uint8_t file[1024];
static struct elf_program program;

static void put(size_t at, unsigned bytes, uint64_t value)
{
    for (unsigned i = 0; i < bytes; i++) {
        file[at + i] = (uint8_t)(value >> (8 * i));
    }
}

static void put_segment(unsigned index, uint32_t type, uint32_t flags, uint64_t offset,
                        uint64_t address, uint64_t file_size, uint64_t size)
{
    size_t at = 64 + index * 56;

    put(at, 4, type);
    put(at + 4, 4, flags);
    put(at + 8, 8, offset);
    put(at + 16, 8, address);
    put(at + 32, 8, file_size);
    put(at + 40, 8, size);
}

static void make_program(void)
{
    memset(file, 0, sizeof(file));
    memcpy(file, "\177ELF\2\1\1", 7);
    put(16, 2, 3);
    put(18, 2, MACHINE);
    put(20, 4, 1);
    put(24, 8, 0x1010); /* entry */
    put(32, 8, 64);     /* program headers */
    put(54, 2, 56);
    put(56, 2, 3);
    put_segment(0, 1, 4, 0, 0, 0x100, 0x100);
    put_segment(1, 1, 5, 0x100, 0x1000, 0x80, 0x80);
    put_segment(2, 1, 6, 0x200, 0x3008, 0x10, 0x5000);
}

static const char *read_program(size_t size)
{
    uint8_t *copy = malloc(size != 0 ? size : 1);
    const char *why;

    memcpy(copy, file, size);
    why = elf_read(copy, size, MACHINE, PAGE, &program);
    free(copy);
    return why;
}

static void test_reads_a_program(void **state)
{
    (void)state;
    make_program();
    assert_null(read_program(sizeof(file)));
    assert_int_equal(program.count, 3);
    assert_int_equal(program.entry, 0x1010);
    assert_int_equal(program.span, 0x9000);
    assert_true(program.segments[1].execute && !program.segments[1].write);
    assert_true(program.segments[2].write && !program.segments[2].execute);
    assert_int_equal(program.segments[2].size, 0x5000);
}

/* One field of a good program, and the value that spoils it. */
static void test_refuses_what_is_no_program(void **state)
{
    static const struct {
        size_t at;
        unsigned bytes;
        uint64_t value;
        const char *why;
    } cases[] = {
        {0, 1, 0, "not an ELF file"},
        {4, 1, 1, "64 bits"},
        {5, 1, 2, "64 bits"},
        {6, 1, 0, "64 bits"},
        {20, 4, 2, "64 bits"},
        {16, 2, 2, "position independent"},
        {18, 2, 183, "another processor"},
        {54, 2, 32, "program headers"},
        {56, 2, 0, "program headers"},
        {56, 2, 65, "program headers"},
        {56, 2, 20, "program headers"},
        {32, 8, UINT64_MAX, "program headers"},
        {32, 8, sizeof(file) - 56, "program headers"},
        {24, 8, 0, "entry"},
        {24, 8, 0x1080, "entry"},
        {24, 8, 0x3008, "entry"},
        {24, 8, UINT64_MAX, "entry"},
        {64, 4, 3, "static"},
        {64 + 4, 4, 7, "writable and executable"},
        {64 + 8, 8, UINT64_MAX, "not in the file"},
        {64 + 32, 8, UINT64_MAX, "not in the file"},
        {64 + 32, 8, 0x101, "not in the file"},
        {64 + 40, 8, UINT64_MAX, "too high"},
        {64 + 40, 8, 0x1001, "share a page"},
        {64 + 56 + 16, 8, 0xfff, "share a page"},
        {64 + 56 + 16, 8, UINT64_MAX, "too high"},
        {64 + 56 + 16, 8, ELF_SPAN_MAX, "too high"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const char *why;

        make_program();
        put(cases[i].at, cases[i].bytes, cases[i].value);
        why = read_program(sizeof(file));
        assert_non_null(why);
        assert_non_null(strstr(why, cases[i].why));
    }
}

static void test_cut_off_programs(void **state)
{
    (void)state;
    make_program();
    for (size_t size = 0; size < 0x210; size++) {
        assert_non_null(read_program(size));
    }
    assert_null(read_program(0x210));
}

static void test_counts_segments(void **state)
{
    (void)state;
    make_program();
    put(56, 2, ELF_SEGMENTS_MAX + 1);
    put(24, 8, 0x10);
    for (unsigned i = 0; i <= ELF_SEGMENTS_MAX; i++) {
        put_segment(i, 1, 5, 0, i * 0x1000, 0x20, 0x20);
    }
    assert_string_equal(read_program(1024), "too many segments");
    put(56, 2, ELF_SEGMENTS_MAX);
    assert_null(read_program(1024));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_finds_files),
        cmocka_unit_test(test_cut_off_archives),
        cmocka_unit_test(test_changed_archives),
        cmocka_unit_test(test_reads_a_program),
        cmocka_unit_test(test_refuses_what_is_no_program),
        cmocka_unit_test(test_cut_off_programs),
        cmocka_unit_test(test_counts_segments),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
