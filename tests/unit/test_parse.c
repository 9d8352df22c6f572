/* SPDX-License-Identifier: MIT */
/* Numbers, sizes, patterns and words of command lines. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <keel/errno.h>
#include <keel/parse.h>

static const struct {
    const char *text;
    unsigned int base;
    int err;
    uint64_t value;
} unsigned_cases[] = {
    {"0", 0, 0, 0},
    {"10", 0, 0, 10},
    {"010", 0, 0, 10},
    {"0x10", 0, 0, 16},
    {"0XfF", 0, 0, 255},
    {"0xff", 16, 0, 255},
    {"ff", 16, 0, 255},
    {"0x10", 10, -EINVAL, 0},
    {"1010", 2, 0, 10},
    {"z", 36, 0, 35},
    {"0x", 0, -EINVAL, 0},
    {"0x", 16, -EINVAL, 0},
    {"0xg", 0, -EINVAL, 0},
    {"", 0, -EINVAL, 0},
    {" 1", 0, -EINVAL, 0},
    {"1 ", 0, -EINVAL, 0},
    {"-1", 0, -EINVAL, 0},
    {"+1", 0, -EINVAL, 0},
    {"1a", 10, -EINVAL, 0},
    {"@", 16, -EINVAL, 0},
    {"18446744073709551615", 10, 0, UINT64_MAX},
    {"18446744073709551616", 10, -ERANGE, 0},
    {"99999999999999999999999", 10, -ERANGE, 0},
    {"0xffffffffffffffff", 0, 0, UINT64_MAX},
    {"0x10000000000000000", 0, -ERANGE, 0},
};

static void test_unsigned(void **state)
{
    for (size_t i = 0; i < ARRAY_SIZE(unsigned_cases); i++) {
        uint64_t out = 77;

        assert_int_equal(kstrtou64(unsigned_cases[i].text, unsigned_cases[i].base, &out),
                         unsigned_cases[i].err);
        assert_true(out == (unsigned_cases[i].err ? 77 : unsigned_cases[i].value));
    }
}

static void test_signed(void **state)
{
    int64_t out = 77;

    assert_int_equal(kstrtos64("-9223372036854775808", 10, &out), 0);
    assert_true(out == INT64_MIN);
    assert_int_equal(kstrtos64("+9223372036854775807", 10, &out), 0);
    assert_true(out == INT64_MAX);
    assert_int_equal(kstrtos64("-0x10", 0, &out), 0);
    assert_true(out == -16);
    assert_int_equal(kstrtos64("-9223372036854775809", 10, &out), -ERANGE);
    assert_int_equal(kstrtos64("9223372036854775808", 10, &out), -ERANGE);
    assert_int_equal(kstrtos64("--1", 10, &out), -EINVAL);
    assert_int_equal(kstrtos64("-", 10, &out), -EINVAL);
    assert_true(out == -16);
}

static void test_u32(void **state)
{
    uint32_t out = 77;

    assert_int_equal(kstrtou32("0x100000000", 0, &out), -ERANGE);
    assert_int_equal(kstrtou32("x", 0, &out), -EINVAL);
    assert_int_equal(out, 77);
    assert_int_equal(kstrtou32("4294967295", 0, &out), 0);
    assert_true(out == UINT32_MAX);
}

static void test_bool(void **state)
{
    static const char *const yes[] = {"y", "yes", "on", "true", "1"};
    static const char *const no[] = {"n", "no", "off", "false", "0"};
    bool out;

    for (size_t i = 0; i < ARRAY_SIZE(yes); i++) {
        assert_int_equal(kstrtobool(yes[i], &out), 0);
        assert_true(out);
        assert_int_equal(kstrtobool(no[i], &out), 0);
        assert_false(out);
    }
    assert_int_equal(kstrtobool("", &out), -EINVAL);
    assert_int_equal(kstrtobool("yess", &out), -EINVAL);
    assert_int_equal(kstrtobool("2", &out), -EINVAL);
}

static void test_size(void **state)
{
    const char *end;
    uint64_t out = 77;

    assert_int_equal(parse_size("4k", &out), 0);
    assert_true(out == 4096);
    assert_int_equal(parse_size("0x10M", &out), 0);
    assert_true(out == 16 << 20);
    assert_int_equal(parse_size("3g", &out), 0);
    assert_true(out == UINT64_C(3) << 30);
    assert_int_equal(parse_size("16777215T", &out), 0);
    assert_true(out == UINT64_C(16777215) << 40);
    assert_int_equal(parse_size("512", &out), 0);
    assert_true(out == 512);
    assert_int_equal(parse_size("16777216T", &out), -ERANGE);
    assert_int_equal(parse_size("4kk", &out), -EINVAL);
    assert_int_equal(parse_size("4x", &out), -EINVAL);
    assert_int_equal(parse_size("k", &out), -EINVAL);
    assert_int_equal(parse_size("", &out), -EINVAL);
    assert_true(out == 512);
    assert_int_equal(parse_size_prefix("64M@0x80000000", &end, &out), 0);
    assert_true(out == 64 << 20);
    assert_string_equal(end, "@0x80000000");
}

/* What a pattern means, said by recursion. */
static bool glob_model(const char *p, const char *s)
{
    if (*p == '*') {
        return glob_model(p + 1, s) || (*s && glob_model(p, s + 1));
    }
    if (!*p || !*s) {
        return *p == *s;
    }
    return (*p == '?' || *p == *s) && glob_model(p + 1, s + 1);
}

static void random_text(char *s, size_t max, const char *set)
{
    size_t len = (size_t)rand() % (max + 1);

    for (size_t i = 0; i < len; i++) {
        s[i] = set[(size_t)rand() % strlen(set)];
    }
    s[len] = '\0';
}

static void test_glob(void **state)
{
    char pattern[8];
    char text[12];

    srand(1);
    assert_true(glob_match("fdt_*", "fdt_reads_memory"));
    assert_false(glob_match("fdt_*", "xfdt_reads"));
    for (int i = 0; i < 200000; i++) {
        random_text(pattern, sizeof(pattern) - 1, "ab*?");
        random_text(text, sizeof(text) - 1, "ab");
        if (glob_match(pattern, text) != glob_model(pattern, text)) {
            fail_msg("pattern %s, text %s", pattern, text);
        }
    }
}

static void test_prefix(void **state)
{
    assert_true(str_has_prefix("console=ttyS0", "console="));
    assert_true(str_has_prefix("abc", ""));
    assert_false(str_has_prefix("con", "console"));
}

static void expect_words(const char *line, const char *const *words)
{
    char *copy = strdup(line);
    char *cursor = copy;

    for (; *words; words++) {
        const char *word = str_next_word(&cursor);

        assert_non_null(word);
        assert_string_equal(word, *words);
    }
    assert_null(str_next_word(&cursor));
    assert_null(str_next_word(&cursor));
    free(copy);
}

static void test_words(void **state)
{
    expect_words("", (const char *const[]){NULL});
    expect_words(" \t\n", (const char *const[]){NULL});
    expect_words("a", (const char *const[]){"a", NULL});
    expect_words("  ab  c\td ", (const char *const[]){"ab", "c", "d", NULL});
    expect_words("k=\"a b\" x", (const char *const[]){"k=a b", "x", NULL});
    expect_words("\"\" y", (const char *const[]){"", "y", NULL});
    expect_words("a \"b c", (const char *const[]){"a", "b c", NULL});
    expect_words("\"a\"b\"c\"", (const char *const[]){"abc", NULL});
}

static void test_fields(void **state)
{
    char text[] = "pl011,0x9000000,,115200n8";
    char *cursor = text;

    assert_string_equal(str_next_field(&cursor, ","), "pl011");
    assert_string_equal(str_next_field(&cursor, ",:"), "0x9000000");
    assert_string_equal(str_next_field(&cursor, ","), "");
    assert_string_equal(str_next_field(&cursor, ","), "115200n8");
    assert_null(str_next_field(&cursor, ","));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_unsigned), cmocka_unit_test(test_signed),
        cmocka_unit_test(test_u32),      cmocka_unit_test(test_bool),
        cmocka_unit_test(test_size),     cmocka_unit_test(test_glob),
        cmocka_unit_test(test_prefix),   cmocka_unit_test(test_words),
        cmocka_unit_test(test_fields),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
