/* SPDX-License-Identifier: MIT */
/* The kernel's memory and string routines, and the x86_64 port's, against the C library's. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../kernel/mem_cases.h"

void *keel_memcpy(void *dst, const void *src, size_t n);
void *keel_memmove(void *dst, const void *src, size_t n);
void *keel_memset(void *dst, int c, size_t n);
int keel_memcmp(const void *a, const void *b, size_t n);
void *keel_memchr(const void *s, int c, size_t n);
size_t keel_strlen(const char *s);
size_t keel_strnlen(const char *s, size_t max);
int keel_strcmp(const char *a, const char *b);
int keel_strncmp(const char *a, const char *b, size_t n);
char *keel_strchr(const char *s, int c);
char *keel_strrchr(const char *s, int c);
char *keel_strstr(const char *s, const char *needle);
size_t keel_strspn(const char *s, const char *set);
size_t keel_strcspn(const char *s, const char *set);
size_t keel_strlcpy(char *dst, const char *src, size_t size);
size_t keel_strlcat(char *dst, const char *src, size_t size);
void *x86_memcpy(void *dst, const void *src, size_t n);
void *x86_memmove(void *dst, const void *src, size_t n);
void *x86_memset(void *dst, int c, size_t n);
void *erms_memcpy(void *dst, const void *src, size_t n);
void *erms_memmove(void *dst, const void *src, size_t n);
void *erms_memset(void *dst, int c, size_t n);

static const struct mem_routines libc_mem = {memcpy, memmove, memset, memcmp};
static const struct mem_routines keel_mem = {keel_memcpy, keel_memmove, keel_memset, keel_memcmp};

/* Every position within a word for every length; every position within a line for short ones. */
static const struct mem_sweep all_lengths = {8, 1, MEM_LEN_MAX, 1};
static const struct mem_sweep all_alignments = {MEM_ALIGN_MAX, 1, 160, 1};
static const struct mem_sweep fill_all = {MEM_ALIGN_MAX, 1, MEM_LEN_MAX, 1};
static const struct mem_sweep long_steps = {MEM_ALIGN_MAX, 1, MEM_LEN_MAX, 239};

typedef bool mem_check_fn(const struct mem_routines *tested, const struct mem_routines *right,
                          const struct mem_sweep *sweep, struct mem_case *failed);

static void expect_same(mem_check_fn *check, const struct mem_routines *tested,
                        const struct mem_sweep *sweep)
{
    struct mem_case c;

    if (!check(tested, &libc_mem, sweep, &c)) {
        fail_msg("dst alignment %zu, src alignment %zu, length %zu", c.dst, c.src, c.len);
    }
}

static void expect_copies(const struct mem_routines *tested)
{
    expect_same(mem_check_copy, tested, &all_lengths);
    expect_same(mem_check_copy, tested, &all_alignments);
    expect_same(mem_check_copy, tested, &long_steps);
}

static void expect_moves(const struct mem_routines *tested)
{
    expect_same(mem_check_move, tested, &all_lengths);
    expect_same(mem_check_move, tested, &all_alignments);
    expect_same(mem_check_move, tested, &long_steps);
}

static void test_memcpy(void **state)
{
    (void)state;
    expect_copies(&keel_mem);
}

static void test_memmove(void **state)
{
    (void)state;
    expect_moves(&keel_mem);
}

static void test_memset(void **state)
{
    (void)state;
    expect_same(mem_check_fill, &keel_mem, &fill_all);
}

static void test_memcmp(void **state)
{
    static const struct mem_sweep words = {16, 1, 300, 1};

    (void)state;
    expect_same(mem_check_compare, &keel_mem, &words);
    expect_same(mem_check_compare, &keel_mem, &long_steps);
}

#ifdef __x86_64__
static const struct mem_routines x86_mem = {x86_memcpy, x86_memmove, x86_memset, keel_memcmp};
static const struct mem_routines erms_mem = {erms_memcpy, erms_memmove, erms_memset, keel_memcmp};

static void test_x86_memcpy(void **state)
{
    (void)state;
    expect_copies(&x86_mem);
    expect_copies(&erms_mem);
}

static void test_x86_memmove(void **state)
{
    (void)state;
    expect_moves(&x86_mem);
    expect_moves(&erms_mem);
}

static void test_x86_memset(void **state)
{
    (void)state;
    expect_same(mem_check_fill, &x86_mem, &fill_all);
    expect_same(mem_check_fill, &erms_mem, &fill_all);
}
#endif

static int sign(int x)
{
    return (x > 0) - (x < 0);
}

/* Exact allocations, so that the address sanitizer sees a byte read too many. */
static char *random_text(size_t max)
{
    size_t len = (size_t)rand() % (max + 1);
    char *s = malloc(len + 1);

    for (size_t i = 0; i < len; i++) {
        s[i] = "abc\xe9"[rand() % 4];
    }
    s[len] = '\0';
    return s;
}

static void check_pair(const char *a, const char *b)
{
    size_t n = (size_t)rand() % 20;
    int c = "abc\xe9z"[rand() % 5];

    assert_int_equal(keel_strlen(a), strlen(a));
    assert_int_equal(keel_strnlen(a, n), strnlen(a, n));
    assert_int_equal(sign(keel_strcmp(a, b)), sign(strcmp(a, b)));
    assert_int_equal(sign(keel_strncmp(a, b, n)), sign(strncmp(a, b, n)));
    assert_ptr_equal(keel_strchr(a, c), strchr(a, c));
    assert_ptr_equal(keel_strchr(a, 0), strchr(a, 0));
    assert_ptr_equal(keel_strrchr(a, c), strrchr(a, c));
    assert_ptr_equal(keel_strrchr(a, 0), strrchr(a, 0));
    assert_ptr_equal(keel_strstr(a, b), strstr(a, b));
    assert_int_equal(keel_strspn(a, b), strspn(a, b));
    assert_int_equal(keel_strcspn(a, b), strcspn(a, b));
    assert_ptr_equal(keel_memchr(a, c, strlen(a)), memchr(a, c, strlen(a)));
}

static void test_strings(void **state)
{
    (void)state;
    srand(1);
    for (int i = 0; i < 50000; i++) {
        char *a = random_text(16);
        char *b = random_text(i % 2 ? 16 : 2);

        check_pair(a, b);
        free(a);
        free(b);
    }
}

static void test_strlcpy(void **state)
{
    char buf[8] = "xxxxxxx";

    (void)state;
    assert_int_equal(keel_strlcpy(buf, "abc", sizeof(buf)), 3);
    assert_memory_equal(buf, "abc\0xxx", 8);
    assert_int_equal(keel_strlcpy(buf, "0123456789", sizeof(buf)), 10);
    assert_string_equal(buf, "0123456");
    assert_int_equal(keel_strlcpy(buf, "zz", 1), 2);
    assert_memory_equal(buf,
                        "\0"
                        "123456",
                        8);
    assert_int_equal(keel_strlcpy(buf + 1, "zz", 0), 2);
    assert_string_equal(buf + 1, "123456");
}

static void test_strlcat(void **state)
{
    char buf[8] = "ab";

    (void)state;
    assert_int_equal(keel_strlcat(buf, "cd", sizeof(buf)), 4);
    assert_string_equal(buf, "abcd");
    assert_int_equal(keel_strlcat(buf, "efghij", sizeof(buf)), 10);
    assert_string_equal(buf, "abcdefg");
    assert_int_equal(keel_strlcat(buf, "x", 3), 4);
    assert_string_equal(buf, "abcdefg");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_memcpy),     cmocka_unit_test(test_memmove),
        cmocka_unit_test(test_memset),     cmocka_unit_test(test_memcmp),
#ifdef __x86_64__
        cmocka_unit_test(test_x86_memcpy), cmocka_unit_test(test_x86_memmove),
        cmocka_unit_test(test_x86_memset),
#endif
        cmocka_unit_test(test_strings),    cmocka_unit_test(test_strlcpy),
        cmocka_unit_test(test_strlcat),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
