/* SPDX-License-Identifier: MIT */
/* Formatted text against the C library's, by random directives; then what only Keel has. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <keel/errno.h>
#include <keel/printf.h>

/* The formats here are made at run time, and some have no meaning in ISO C. */
#pragma GCC diagnostic ignored "-Wformat"
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
#pragma GCC diagnostic ignored "-Wformat-security"
#pragma GCC diagnostic ignored "-Wformat-overflow"

#define ROUNDS 200000

static const char *pick(const char *const *from, size_t count)
{
    return from[(size_t)rand() % count];
}

/* Flags, width and precision, as text; no flag twice. */
static void random_modifiers(char *out, bool integer)
{
    static const char *const widths[] = {"", "", "1", "5", "12", "33"};
    static const char *const precisions[] = {"", "", ".", ".0", ".1", ".7", ".25"};

    for (const char *flag = integer ? "-+ #0" : "-"; *flag; flag++) {
        if (rand() % 3 == 0) {
            *out++ = *flag;
        }
    }
    strcpy(out, pick(widths, ARRAY_SIZE(widths)));
    strcat(out, pick(precisions, ARRAY_SIZE(precisions)));
}

static uint64_t random_value(void)
{
    static const uint64_t edges[] = {0,         1,          9,         0x7f,      0x80,
                                     0xff,      0x7fff,     0x8000,    INT32_MAX, 0x80000000,
                                     INT64_MAX, 1ull << 63, UINT64_MAX};
    uint64_t value = (uint64_t)rand() << 33 ^ (uint64_t)rand() << 11 ^ (uint64_t)rand();

    return rand() % 3 ? value >> rand() % 64 : edges[(size_t)rand() % ARRAY_SIZE(edges)];
}

/* Both must agree in the text, its length, and in what they do with a buffer of any size. */
#define EXPECT_SAME(fmt, ...)                                                                      \
    do {                                                                                           \
        char same_want[128];                                                                       \
        char same_got[128];                                                                        \
        size_t same_size = (size_t)rand() % sizeof(same_got);                                      \
                                                                                                   \
        memset(same_want, 0x5a, sizeof(same_want));                                                \
        memset(same_got, 0x5a, sizeof(same_got));                                                  \
        int same_want_len = snprintf(same_want, same_size, fmt, __VA_ARGS__);                      \
        int same_got_len = ksnprintf(same_got, same_size, fmt, __VA_ARGS__);                       \
        if (same_want_len != same_got_len || memcmp(same_want, same_got, sizeof(same_got)) != 0) { \
            fail_msg("%s: size %zu, %d and %d", fmt, same_size, same_want_len, same_got_len);      \
        }                                                                                          \
    } while (0)

static void test_integers(void **state)
{
    static const char *const lengths[] = {"hh", "h", "", "l", "ll", "z", "j", "t"};

    srand(1);
    for (int i = 0; i < ROUNDS; i++) {
        size_t length = (size_t)rand() % ARRAY_SIZE(lengths);
        uint64_t value = random_value();
        char modifiers[16];
        char fmt[64];

        random_modifiers(modifiers, true);
        sprintf(fmt, "<%%%s%s%c>", modifiers, lengths[length], "diuoxX"[rand() % 6]);
        if (length < 3) {
            EXPECT_SAME(fmt, (int)value);
        } else {
            EXPECT_SAME(fmt, value);
        }
    }
}

static void test_texts(void **state)
{
    static const char *const texts[] = {"", "a", "keel", "a text of some more length"};

    srand(2);
    for (int i = 0; i < ROUNDS / 4; i++) {
        const char *text = pick(texts, ARRAY_SIZE(texts));
        int c = 'A' + rand() % 26;
        char modifiers[16];
        char fmt[64];

        random_modifiers(modifiers, false);
        sprintf(fmt, "<%%%ss>", modifiers);
        EXPECT_SAME(fmt, text);
        modifiers[strcspn(modifiers, ".")] = '\0';
        sprintf(fmt, "<%%%sc>", modifiers);
        EXPECT_SAME(fmt, c);
    }
}

static void test_stars(void **state)
{
    srand(3);
    for (int i = 0; i < ROUNDS / 4; i++) {
        int width = rand() % 60 - 30;
        int precision = rand() % 30 - 5;
        int value = rand() - rand();

        EXPECT_SAME("[%*.*d]", width, precision, value);
        EXPECT_SAME("[%0*x|%-*s]", width, (unsigned int)value, width, "text");
        EXPECT_SAME("[%.*s]", precision, "some text");
    }
}

static void test_mixed(void **state)
{
    srand(4);
    EXPECT_SAME("%s", "no directive but one");
    EXPECT_SAME("100%% of %d%c %s%%", 7, 'x', "y");
    EXPECT_SAME("%hhd %hhu %hd %hu", 300, 300, 70000, 70000);
    EXPECT_SAME("%d %u %ld %lu %lld %llu %zu", -1, 1u, -2l, 2ul, -3ll, 3ull, (size_t)4);
    EXPECT_SAME("%d %d %d %d %d %d %d %d %d", 1, 2, 3, 4, 5, 6, 7, 8, 9);
}

/* A precision bounds what is read of a string that has no terminator. */
static void test_bounded_read(void **state)
{
    char *text = malloc(3);
    char out[8];

    memcpy(text, "abc", 3);
    assert_int_equal(ksnprintf(out, sizeof(out), "%.3s", text), 3);
    assert_string_equal(out, "abc");
    free(text);
}

static void expect_text(const char *want, const char *fmt, ...)
{
    char out[160];
    va_list args;

    va_start(args, fmt);
    assert_int_equal(kvsnprintf(out, sizeof(out), fmt, args), strlen(want));
    va_end(args);
    assert_string_equal(out, want);
}

static int fake_symbol(char *buf, size_t size, uintptr_t addr)
{
    return addr >= 0x1000 ? ksnprintf(buf, size, "kmain+%#lx", addr - 0x1000) : -ENOENT;
}

static void test_pointers(void **state)
{
    expect_text("0x0000000000000000", "%p", NULL);
    expect_text("0xffffffff80001234", "%p", (void *)0xffffffff80001234);
    expect_text("[  0x0000000000001234]", "[%20p]", (void *)0x1234);
    expect_text("[0x0000000000001234  ]", "[%-20p]", (void *)0x1234);
    expect_text("0x0000000000001234!", "%pS!", (void *)0x1234);
    printf_symbol_hook = fake_symbol;
    expect_text("kmain+0x234!", "%pS!", (void *)0x1234);
    expect_text("[ kmain+0x234]", "[%12pS]", (void *)0x1234);
    expect_text("0x0000000000000034", "%pS", (void *)0x34);
    expect_text("0x0000000000001234", "%p", (void *)0x1234);
    printf_symbol_hook = NULL;
}

static void test_beyond_iso(void **state)
{
    expect_text("(null)", "%s", NULL);
    expect_text("(nu", "%.3s", NULL);
    expect_text("%", "%");
    expect_text("%q 5", "%q %d", 5);
    expect_text("%-5", "%-5");
}

static void test_huge_fields(void **state)
{
    char out[4];

    assert_int_equal(ksnprintf(out, sizeof(out), "%2000000000d", 1), 65535);
    assert_string_equal(out, "   ");
    assert_int_equal(ksnprintf(out, sizeof(out), "%.99999999999999999999d", 1), 65535);
    assert_string_equal(out, "000");
    assert_int_equal(ksnprintf(out, sizeof(out), "%*d", INT32_MIN, 1), 65535);
    assert_string_equal(out, "1  ");
}

static void test_written_length(void **state)
{
    char out[5] = "zzzz";

    assert_int_equal(kscnprintf(out, sizeof(out), "%s", "abc"), 3);
    assert_int_equal(kscnprintf(out, sizeof(out), "%s", "abcdefgh"), 4);
    assert_string_equal(out, "abcd");
    assert_int_equal(kscnprintf(out, 1, "x"), 0);
    assert_int_equal(kscnprintf(out, 0, "x"), 0);
    assert_memory_equal(out, "\0bcd", 5);
    assert_int_equal(ksnprintf(NULL, 0, "%d", 12345), 5);
}

static void collect(void *ctx, const char *text, size_t len)
{
    strncat(ctx, text, len);
}

static int call_kvcprintf(char *out, const char *fmt, ...)
{
    va_list args;
    int len;

    va_start(args, fmt);
    len = kvcprintf(collect, out, fmt, args);
    va_end(args);
    return len;
}

static void test_callback(void **state)
{
    char out[80] = "";

    assert_int_equal(call_kvcprintf(out, "%-40s|%03d", "left", 7), 44);
    assert_int_equal(strlen(out), 44);
    assert_string_equal(out + 38, "  |007");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_integers),       cmocka_unit_test(test_texts),
        cmocka_unit_test(test_stars),          cmocka_unit_test(test_mixed),
        cmocka_unit_test(test_bounded_read),   cmocka_unit_test(test_pointers),
        cmocka_unit_test(test_beyond_iso),     cmocka_unit_test(test_huge_fields),
        cmocka_unit_test(test_written_length), cmocka_unit_test(test_callback),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
