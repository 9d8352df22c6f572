/* SPDX-License-Identifier: MIT */
/* User space's C library against the host's: memory, text, numbers, sorting, formatted text. */
#include <ctype.h>
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <cmocka.h>

#include "../kernel/mem_cases.h"

/* The formats here are made at run time, and some have no meaning in ISO C. */
#pragma GCC diagnostic ignored "-Wformat"
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
#pragma GCC diagnostic ignored "-Wformat-truncation"

#define ROUNDS 100000

void *user_memcpy(void *dst, const void *src, size_t n);
void *user_memmove(void *dst, const void *src, size_t n);
void *user_memset(void *dst, int c, size_t n);
int user_memcmp(const void *a, const void *b, size_t n);
void *user_memchr(const void *s, int c, size_t n);
size_t user_strlen(const char *s);
size_t user_strnlen(const char *s, size_t max);
int user_strcmp(const char *a, const char *b);
int user_strncmp(const char *a, const char *b, size_t n);
int user_strcasecmp(const char *a, const char *b);
int user_strncasecmp(const char *a, const char *b, size_t n);
char *user_strchr(const char *s, int c);
char *user_strrchr(const char *s, int c);
char *user_strstr(const char *s, const char *part);
size_t user_strspn(const char *s, const char *set);
size_t user_strcspn(const char *s, const char *set);
char *user_strpbrk(const char *s, const char *set);
char *user_strtok_r(char *s, const char *separators, char **rest);
size_t user_strlcpy(char *dst, const char *src, size_t size);
size_t user_strlcat(char *dst, const char *src, size_t size);
long user_strtol(const char *s, char **end, int base);
unsigned long user_strtoul(const char *s, char **end, int base);
int user_snprintf(char *buffer, size_t size, const char *format, ...);
void user_qsort(void *base, size_t count, size_t size, int (*compare)(const void *, const void *));
void *user_bsearch(const void *key, const void *base, size_t count, size_t size,
                   int (*compare)(const void *, const void *));

static const struct mem_routines host_mem = {memcpy, memmove, memset, memcmp};
static const struct mem_routines user_mem = {user_memcpy, user_memmove, user_memset, user_memcmp};
static const struct mem_sweep all_lengths = {8, 1, MEM_LEN_MAX, 1};
static const struct mem_sweep words = {16, 1, 300, 1};
static const struct mem_sweep all_alignments = {MEM_ALIGN_MAX, 1, 160, 1};

typedef bool mem_check_fn(const struct mem_routines *tested, const struct mem_routines *right,
                          const struct mem_sweep *sweep, struct mem_case *failed);

static void test_memory(void **state)
{
    mem_check_fn *const checks[] = {mem_check_copy, mem_check_move, mem_check_fill,
                                    mem_check_compare};
    struct mem_case c;

    for (size_t i = 0; i < 4; i++) {
        if (!checks[i](&user_mem, &host_mem, i == 3 ? &words : &all_lengths, &c) ||
            (i < 3 && !checks[i](&user_mem, &host_mem, &all_alignments, &c))) {
            fail_msg("check %zu: dst %zu, src %zu, length %zu", i, c.dst, c.src, c.len);
        }
    }
}

static const char *random_text(char *out, size_t max, const char *letters)
{
    size_t n = (size_t)rand() % max, count = strlen(letters);

    for (size_t i = 0; i < n; i++) {
        out[i] = letters[(size_t)rand() % count];
    }
    out[n] = '\0';
    return out;
}

static int sign(int n)
{
    return (n > 0) - (n < 0);
}

static void test_text(void **state)
{
    char a[12], b[8], mine[24], other[24], *rest_mine, *rest;

    for (int i = 0; i < ROUNDS; i++) {
        size_t n = (size_t)rand() % 10;

        random_text(a, sizeof(a), "abAB\xe4");
        random_text(b, sizeof(b), "abAB\xe4");
        assert_int_equal(user_strlen(a), strlen(a));
        assert_int_equal(user_strnlen(a, n), strnlen(a, n));
        assert_int_equal(sign(user_strcmp(a, b)), sign(strcmp(a, b)));
        assert_int_equal(sign(user_strncmp(a, b, n)), sign(strncmp(a, b, n)));
        assert_int_equal(sign(user_strcasecmp(a, b)), sign(strcasecmp(a, b)));
        assert_int_equal(sign(user_strncasecmp(a, b, n)), sign(strncasecmp(a, b, n)));
        assert_ptr_equal(user_strchr(a, b[0]), strchr(a, b[0]));
        assert_ptr_equal(user_strrchr(a, b[0]), strrchr(a, b[0]));
        assert_ptr_equal(user_memchr(a, 'B', strlen(a)), memchr(a, 'B', strlen(a)));
        assert_ptr_equal(user_strstr(a, b), strstr(a, b));
        assert_int_equal(user_strspn(a, b), strspn(a, b));
        assert_int_equal(user_strcspn(a, b), strcspn(a, b));
        assert_ptr_equal(user_strpbrk(a, b), strpbrk(a, b));
        assert_int_equal(user_strlcpy(mine, a, 1 + n), strlen(a));
        assert_int_equal(strncmp(mine, a, n), 0);
        assert_int_equal(strlen(mine), strlen(a) < n ? strlen(a) : n);
        assert_int_equal(user_strlcat(mine, b, sizeof(mine)),
                         (strlen(a) < n ? strlen(a) : n) + strlen(b));
        strcpy(mine, a);
        strcpy(other, a);
        for (char *x = user_strtok_r(mine, b, &rest_mine), *y = strtok_r(other, b, &rest); x || y;
             x = user_strtok_r(NULL, b, &rest_mine), y = strtok_r(NULL, b, &rest)) {
            assert_string_equal(x, y);
        }
    }
}

static void expect_number(const char *text, int base)
{
    char *mine, *right;

    assert_int_equal(user_strtol(text, &mine, base), strtol(text, &right, base));
    assert_ptr_equal(mine, right);
    assert_int_equal(user_strtoul(text, &mine, base), strtoul(text, &right, base));
    assert_ptr_equal(mine, right);
}

static void test_numbers(void **state)
{
    static const char *const texts[] = {"",
                                        "0",
                                        "-1",
                                        "+7",
                                        "  12x",
                                        "0x",
                                        "0xg",
                                        "0x1F",
                                        "0X1f",
                                        "017",
                                        "08",
                                        "-0x8000000000000000",
                                        "9223372036854775807",
                                        "9223372036854775808",
                                        "-9223372036854775808",
                                        "-9223372036854775809",
                                        "18446744073709551615",
                                        "18446744073709551616",
                                        "-18446744073709551616",
                                        "99999999999999999999999",
                                        "-99999999999999999999999",
                                        "--1",
                                        "+-1",
                                        "- 1",
                                        "zz",
                                        "\t\n\v\f\r 5"};
    char text[32];

    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        for (int base = 0; base <= 36; base = base == 0 ? 2 : base + 1) {
            expect_number(texts[i], base);
        }
    }
    for (int i = 0; i < ROUNDS; i++) {
        expect_number(random_text(text, sizeof(text), " +-0123456789xXaFz"), (rand() % 35) + 2);
        expect_number(text, 0);
    }
}

static int compare_u32(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

    return (x > y) - (x < y);
}

static void test_sorting(void **state)
{
    uint32_t mine[200], right[200], missing;

    for (int round = 0; round < 2000; round++) {
        size_t n = (size_t)rand() % 200;

        for (size_t i = 0; i < n; i++) {
            mine[i] = right[i] = (uint32_t)rand() % 100 * 2;
        }
        user_qsort(mine, n, sizeof(mine[0]), compare_u32);
        qsort(right, n, sizeof(right[0]), compare_u32);
        assert_memory_equal(mine, right, n * sizeof(mine[0]));
        for (size_t i = 0; i < n; i++) {
            uint32_t *found = user_bsearch(&right[i], mine, n, sizeof(mine[0]), compare_u32);

            assert_true(found >= mine && found < mine + n && *found == right[i]);
        }
        missing = (uint32_t)rand() % 101 * 2 + 1;
        assert_null(user_bsearch(&missing, mine, n, sizeof(mine[0]), compare_u32));
    }
}

/* A directive without its length and letter. */
static char *random_directive(char *out)
{
    static const char *const widths[] = {"", "", "1", "5", "12", "33"};
    static const char *const precisions[] = {"", "", ".", ".0", ".1", ".7", ".25"};

    *out++ = '%';
    for (const char *flag = "-+ #0"; *flag; flag++) {
        if (rand() % 4 == 0) {
            *out++ = *flag;
        }
    }
    return out + sprintf(out, "%s%s", widths[rand() % 6], precisions[rand() % 7]);
}

#define EXPECT_FORMAT(...)                                                                        \
    do {                                                                                          \
        size_t size = (size_t)rand() % sizeof(mine);                                              \
        memset(mine, 'z', sizeof(mine));                                                          \
        memset(right, 'z', sizeof(right));                                                        \
        assert_int_equal(user_snprintf(mine, size, __VA_ARGS__),                                  \
                         snprintf(right, size, __VA_ARGS__));                                     \
        if (memcmp(mine, right, sizeof(mine)) != 0) {                                             \
            fail_msg("'%s' gives '%.*s', not '%.*s'", format, (int)size, mine, (int)size, right); \
        }                                                                                         \
    } while (false)

static void test_format(void **state)
{
    static const char *const lengths[] = {"hh", "h", "", "l", "ll", "z", "j", "t"};
    char format[64], mine[80], right[80];

    for (int i = 0; i < ROUNDS; i++) {
        uint64_t value =
            ((uint64_t)rand() << 40 ^ (uint64_t)rand() << 20 ^ (uint64_t)rand()) >> rand() % 64;
        int length = rand() % 8;
        char *end = random_directive(format);

        value = rand() % 10 == 0 ? 0 : rand() % 2 ? value : 0 - value;
        sprintf(end, "%s%c|", lengths[length], "diuxXo"[rand() % 6]);
        if (length < 3) {
            EXPECT_FORMAT(format, (int)value);
        } else {
            EXPECT_FORMAT(format, value);
        }
    }
}

static void test_format_text(void **state)
{
    char mine[80], right[80];
    const char *format = "%5s|%-6s|%.2s|%*s|%-*s|%.*s|%c%3c%%";

    for (int precision = -1; precision < 200; precision++) {
        EXPECT_FORMAT(format, "ab", "cde", "fgh", 7, "i", -4, "k", precision, "lmno", 'p', 'q');
    }
    format = "%p and %#x %+d";
    EXPECT_FORMAT(format, (void *)0x1234, 0, 5);
    user_snprintf(mine, sizeof(mine), "%s %y %", NULL);
    assert_string_equal(mine, "(null) %y %");
}

static void test_letters(void **state);

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_memory),  cmocka_unit_test(test_text),
        cmocka_unit_test(test_numbers), cmocka_unit_test(test_sorting),
        cmocka_unit_test(test_format),  cmocka_unit_test(test_format_text),
        cmocka_unit_test(test_letters),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

#define DECLARE(name) int user_##name(int c);
#define EXPECT(name)  assert_int_equal(user_##name(c) != 0, name(c) != 0);
#define EACH(do)                                                                          \
    do                                                                                    \
    (isalnum) do(isalpha) do(isblank) do(iscntrl) do(isdigit) do(isgraph) do(islower) do( \
        isprint) do(ispunct) do(isspace) do(isupper) do(isxdigit)

EACH(DECLARE)
DECLARE(tolower)
DECLARE(toupper)

static void test_letters(void **state)
{
    for (int c = -1; c < 256; c++) {
        EACH(EXPECT)
        assert_int_equal(user_tolower(c), tolower(c));
        assert_int_equal(user_toupper(c), toupper(c));
    }
}
