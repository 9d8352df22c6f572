/* SPDX-License-Identifier: MIT */
/*
 * The memory routines that this kernel runs with, patched for this CPU, against plain loops; the
 * host test tells what the sweeps do and takes more of them.
 */
#include <keel/ktest.h>
#include <keel/string.h>

#include "mem_cases.h"

static void *plain_copy(void *dst, const void *src, size_t n)
{
    unsigned char *d = dst;
    const unsigned char *s = src;

    for (size_t i = 0; i < n; i++) {
        d[i] = s[i];
        barrier();
    }
    return dst;
}

static void *plain_move(void *dst, const void *src, size_t n)
{
    unsigned char *d = dst;
    const unsigned char *s = src;

    if (d <= s) {
        return plain_copy(dst, src, n);
    }
    while (n-- > 0) {
        d[n] = s[n];
        barrier();
    }
    return dst;
}

static void *plain_fill(void *dst, int c, size_t n)
{
    unsigned char *d = dst;

    for (size_t i = 0; i < n; i++) {
        d[i] = (unsigned char)c;
        barrier();
    }
    return dst;
}

static int plain_compare(const void *a, const void *b, size_t n)
{
    const unsigned char *p = a;
    const unsigned char *q = b;

    for (size_t i = 0; i < n; i++) {
        if (p[i] != q[i]) {
            return p[i] - q[i];
        }
    }
    return 0;
}

static const struct mem_routines plain = {plain_copy, plain_move, plain_fill, plain_compare};

/* The comparison of the kernel, which a test of its own covers, makes the others quick, unless it has
 * its own accesses checked. */
static const struct mem_routines plain_but_compare = {
    plain_copy, plain_move, plain_fill, IS_ENABLED(CONFIG_KASAN) ? plain_compare : memcmp};
static const struct mem_routines tested = {memcpy, memmove, memset, memcmp};

/* Short areas all over a cache line; every length, aligned and not; long ones in more positions. */
static const struct mem_sweep short_areas = {MEM_ALIGN_MAX, 3, 140, 1};
static const struct mem_sweep every_length = {8, 5, MEM_LEN_MAX, 1};
static const struct mem_sweep long_areas = {16, 5, MEM_LEN_MAX, 61};
static const struct mem_sweep ends = {MEM_ALIGN_MAX, 1, MEM_LEN_MAX, MEM_LEN_MAX - 1};

KTEST(memcmp)
{
    static const struct mem_sweep words = {9, 1, 70, 1};
    struct mem_case c;

    KTEST_EXPECT(mem_check_compare(&tested, &plain, &words, &c));
}

KTEST(memcpy)
{
    struct mem_case c;

    KTEST_EXPECT(mem_check_copy(&tested, &plain_but_compare, &short_areas, &c));
    KTEST_EXPECT(mem_check_copy(&tested, &plain_but_compare, &every_length, &c));
    KTEST_EXPECT(mem_check_copy(&tested, &plain_but_compare, &long_areas, &c));
    KTEST_EXPECT(mem_check_copy(&tested, &plain_but_compare, &ends, &c));
}

KTEST(memmove)
{
    struct mem_case c;

    KTEST_EXPECT(mem_check_move(&tested, &plain_but_compare, &short_areas, &c));
    KTEST_EXPECT(mem_check_move(&tested, &plain_but_compare, &every_length, &c));
    KTEST_EXPECT(mem_check_move(&tested, &plain_but_compare, &long_areas, &c));
}

KTEST(memset)
{
    static const struct mem_sweep lines = {MEM_ALIGN_MAX, 1, MEM_LEN_MAX, 29};
    struct mem_case c;

    KTEST_EXPECT(mem_check_fill(&tested, &plain_but_compare, &short_areas, &c));
    KTEST_EXPECT(mem_check_fill(&tested, &plain_but_compare, &every_length, &c));
    KTEST_EXPECT(mem_check_fill(&tested, &plain_but_compare, &lines, &c));
}
