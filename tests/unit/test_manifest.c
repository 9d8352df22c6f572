/* SPDX-License-Identifier: MIT */
/* The manifest: what lines mean, what is wrong with them, and bytes of any kind. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../../user/lib/include/keel/manifest.h"

/* All entries as text. */
static const char *shown(const char *bytes, size_t size)
{
    static char text[1u << 16];
    struct keel_manifest manifest;
    struct keel_manifest_entry entry;
    const char *wrong;
    char *at = text;

    *at = '\0';
    keel_manifest_begin(&manifest, bytes, size);
    while (keel_manifest_next(&manifest, &entry, &wrong)) {
        at += sprintf(at, "%u ", entry.line);
        if (wrong) {
            at += sprintf(at, "%s\n", wrong);
            continue;
        }
        at += sprintf(at, "%s %s %x", entry.start ? "start" : "tool", entry.name, entry.gives);
        for (int i = 0; i < entry.argc; i++) {
            at += sprintf(at, " %s", entry.argv[i]);
        }
        assert_null(entry.argv[entry.argc]);
        assert_true(!entry.start || entry.path == entry.argv[0]);
        at += sprintf(at, "\n");
        assert_true(at < text + sizeof(text) - 1000);
    }
    return text;
}

static void check(const char *text, const char *wanted)
{
    assert_string_equal(shown(text, strlen(text)), wanted);
}

static void test_lines(void **state)
{
    (void)state;
    check("", "");
    check("\n\n# nothing\n  \t\n", "");
    check("start sh bin/sh", "1 start sh 0 bin/sh\n");
    check("\nstart a b job resource # c\ntool ps\tjob log\n", "2 start a 3 b\n3 tool ps 9\n");
    check("tool mem info power\n", "1 tool mem 300\n");
    check("start a b bootfs console stdio serves-console -- job -- x\r\n",
          "1 start a 74 b job -- x\n");
    check("tool a", "1 tool a 0\n");
}

static void test_wrong_lines(void **state)
{
    (void)state;
    check("begin a b\ntool a\n", "1 it begins with neither start nor tool\n2 tool a 0\n");
    check("start", "1 a name is missing\n");
    check("start a", "1 a path is missing\n");
    check("start a # b", "1 a path is missing\n");
    check("start a b everything", "1 an unknown word for what it is given\n");
    check("tool a -- b", "1 an unknown word for what it is given\n");
    check("start a b -- 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16", "1 too many arguments\n");
    check("tool aaaaaaaaaabbbbbbbbbbccccccccccdd", "1 the name is too long\n");
}

static void test_long_line(void **state)
{
    static char text[KEEL_MANIFEST_LINE_MAX + 30];

    (void)state;
    memset(text, ' ', sizeof(text) - 1);
    strcpy(text + KEEL_MANIFEST_LINE_MAX + 1, "\ntool a");
    check(text, "1 the line is too long\n2 tool a 0\n");
}

/* In memory of its own size, so that reading beyond it is noticed. */
static void test_any_bytes(void **state)
{
    static const char likely[] = "start tool job -- # \n\n\0ab";

    (void)state;
    srand(9);
    for (unsigned i = 0; i < 100000; i++) {
        size_t size = (size_t)rand() % 80;
        char *text = malloc(size + 1);

        for (size_t j = 0; j < size; j++) {
            text[j] = rand() % 16 ? likely[(size_t)rand() % sizeof(likely)] : (char)rand();
        }
        for (unsigned j = 0; size > 8 && j < 3; j++) {
            memcpy(text + (size_t)rand() % (size - 6), j % 2 ? "start " : "\ntool ", 6);
        }
        text = realloc(text, size != 0 ? size : 1);
        assert_non_null(shown(text, size));
        free(text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lines),
        cmocka_unit_test(test_wrong_lines),
        cmocka_unit_test(test_long_line),
        cmocka_unit_test(test_any_bytes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
