/* SPDX-License-Identifier: MIT */
/* Names of a program's functions: where they are, where there are none, and bytes of any kind. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <elf.h>

#include "../../user/lib/load/symbols.h"

#define NAMES "\0first\0second\0data"

/* As a linker writes it, with nothing but what is looked at. */
static struct image {
    Elf64_Ehdr head;
    Elf64_Shdr sections[3];
    Elf64_Sym symbols[5];
    char names[sizeof(NAMES)];
} image;

static void make_image(void)
{
    image = (struct image){
        .head = {.e_shoff = offsetof(struct image, sections),
                 .e_shentsize = sizeof(Elf64_Shdr),
                 .e_shnum = 3},
        .sections = {{.sh_type = SHT_NULL},
                     {.sh_type = SHT_SYMTAB,
                      .sh_offset = offsetof(struct image, symbols),
                      .sh_size = sizeof(image.symbols),
                      .sh_link = 2},
                     {.sh_type = SHT_STRTAB,
                      .sh_offset = offsetof(struct image, names),
                      .sh_size = sizeof(image.names)}},
        .symbols = {{.st_name = 0},
                    {.st_name = 14, .st_info = STT_OBJECT, .st_value = 0x1000, .st_size = 0x1000},
                    {.st_name = 7, .st_info = STT_FUNC, .st_value = 0x1080, .st_size = 0x10},
                    {.st_name = 1, .st_info = STT_FUNC, .st_value = 0x1000, .st_size = 0x80},
                    {.st_name = 1u << 30, .st_info = STT_FUNC, .st_value = 0x2000, .st_size = 8}},
        .names = NAMES,
    };
}

static void expect(uint64_t address, const char *wanted, uint64_t wanted_offset)
{
    size_t length = 0;
    uint64_t offset = 0;
    const char *name = lib_find_symbol(&image, sizeof(image), address, &length, &offset);

    if (!wanted) {
        assert_null(name);
        return;
    }
    assert_non_null(name);
    assert_int_equal(length, strlen(wanted));
    assert_memory_equal(name, wanted, length);
    assert_int_equal(offset, wanted_offset);
}

static void test_functions(void **state)
{
    (void)state;
    make_image();
    expect(0x1000, "first", 0);
    expect(0x107f, "first", 0x7f);
    expect(0x1080, "second", 0);
    expect(0x108f, "second", 0xf);
    expect(0x1090, NULL, 0); /* only data */
    expect(0xfff, NULL, 0);
    expect(UINT64_MAX, NULL, 0);
    expect(0x2004, NULL, 0); /* its name is nowhere */
}

/* A copy that ends where its memory does. */
static void look(const void *bytes, size_t size, uint64_t address)
{
    char *copy = malloc(size + 1);
    size_t length;
    uint64_t offset;

    assert_non_null(copy);
    memcpy(copy + 1, bytes, size);
    (void)lib_find_symbol(copy + 1, size, address, &length, &offset);
    free(copy);
}

static void test_any_bytes(void **state)
{
    (void)state;
    make_image();
    image.names[sizeof(image.names) - 1] = 'x'; /* no end */
    image.symbols[1].st_info = STT_FUNC;
    expect(0x1000, NULL, 0);
    make_image();
    for (size_t size = 0; size <= sizeof(image); size++) {
        look(&image, size, 0x1000);
    }
    srand(1);
    for (unsigned i = 0; i < 20000; i++) {
        make_image();
        for (unsigned change = 0; change < 4; change++) {
            size_t at = (size_t)rand() % sizeof(image);

            ((char *)&image)[at] = (char)(rand() % 3 != 0 ? rand() : -1);
        }
        look(&image, sizeof(image), (uint64_t)rand() % 0x2010);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_functions),
        cmocka_unit_test(test_any_bytes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
