/* SPDX-License-Identifier: MIT */
/* Sweeps over alignments and lengths for memory routines, shared by the host and the kernel
 * tests. */
#include "mem_cases.h"

#define GUARD ((size_t)64) /* bytes around an area that must stay as they are */
#define SIZE  (GUARD + MEM_ALIGN_MAX + MEM_LEN_MAX + GUARD)

static unsigned char source[SIZE] __aligned(64);
static unsigned char got[SIZE] __aligned(64);
static unsigned char wanted[SIZE] __aligned(64);

/* Bytes without a period that a misplaced word could hide in. */
static void scramble(unsigned char *buf, uint32_t seed)
{
    for (size_t i = 0; i < SIZE; i++) {
        seed = seed * 1664525 + 1013904223;
        buf[i] = (unsigned char)(seed >> 24);
    }
}

static void reset(void)
{
    scramble(source, 1);
    scramble(got, 2);
    scramble(wanted, 2);
}

/* Whether an area at offset of both buffers agrees, and what lies around it. */
static bool same(const struct mem_routines *right, size_t offset, size_t len)
{
    return right->compare(got + offset - GUARD, wanted + offset - GUARD, len + 2 * GUARD) == 0;
}

static bool check_one_copy(const struct mem_routines *tested, const struct mem_routines *right,
                           const struct mem_case *c)
{
    size_t dst = GUARD + c->dst;
    size_t src = GUARD + c->src;

    right->copy(wanted + dst, source + src, c->len);
    return tested->copy(got + dst, source + src, c->len) == got + dst && same(right, dst, c->len);
}

static bool check_one_move(const struct mem_routines *tested, const struct mem_routines *right,
                           const struct mem_case *c)
{
    size_t dst = GUARD + c->dst;
    size_t src = GUARD + c->src;

    right->move(wanted + dst, wanted + src, c->len);
    return tested->move(got + dst, got + src, c->len) == got + dst && same(right, dst, c->len);
}

static bool check_one_fill(const struct mem_routines *tested, const struct mem_routines *right,
                           const struct mem_case *c)
{
    size_t dst = GUARD + c->dst;

    for (int value = 0; value <= 0x1e7; value += 0x1e7) {
        right->fill(wanted + dst, value, c->len);
        if (tested->fill(got + dst, value, c->len) != got + dst || !same(right, dst, c->len)) {
            return false;
        }
    }
    return true;
}

static int sign(int x)
{
    return (x > 0) - (x < 0);
}

static bool check_one_compare(const struct mem_routines *tested, const struct mem_routines *right,
                              const struct mem_case *c)
{
    unsigned char *a = got + GUARD + c->dst;
    unsigned char *b = wanted + GUARD + c->src;
    const size_t places[] = {0, c->len / 2, c->len - 1};

    right->copy(a, b, c->len);
    a[c->len] = (unsigned char)~b[c->len];
    if (tested->compare(a, b, c->len) != 0) {
        return false;
    }
    for (size_t i = 0; c->len > 0 && i < ARRAY_SIZE(places); i++) {
        unsigned char kept = a[places[i]];
        int found;

        a[places[i]] ^= 0x80;
        found = tested->compare(a, b, c->len);
        if (sign(found) != sign(right->compare(a, b, c->len)) || found == 0) {
            return false;
        }
        a[places[i]] = kept;
    }
    return true;
}

typedef bool check_one_fn(const struct mem_routines *tested, const struct mem_routines *right,
                          const struct mem_case *c);

static bool sweep_all(check_one_fn *check, size_t src_end, const struct mem_routines *tested,
                      const struct mem_routines *right, const struct mem_sweep *sweep,
                      struct mem_case *c)
{
    reset();
    for (c->dst = 0; c->dst < sweep->align_end; c->dst += sweep->align_step) {
        for (c->src = 0; c->src < src_end; c->src += sweep->align_step) {
            for (c->len = 0; c->len <= sweep->len_max; c->len += sweep->len_step) {
                if (!check(tested, right, c)) {
                    return false;
                }
            }
        }
    }
    return true;
}

bool mem_check_copy(const struct mem_routines *tested, const struct mem_routines *right,
                    const struct mem_sweep *sweep, struct mem_case *failed)
{
    return sweep_all(check_one_copy, sweep->align_end, tested, right, sweep, failed);
}

bool mem_check_move(const struct mem_routines *tested, const struct mem_routines *right,
                    const struct mem_sweep *sweep, struct mem_case *failed)
{
    return sweep_all(check_one_move, sweep->align_end, tested, right, sweep, failed);
}

bool mem_check_fill(const struct mem_routines *tested, const struct mem_routines *right,
                    const struct mem_sweep *sweep, struct mem_case *failed)
{
    return sweep_all(check_one_fill, 1, tested, right, sweep, failed);
}

bool mem_check_compare(const struct mem_routines *tested, const struct mem_routines *right,
                       const struct mem_sweep *sweep, struct mem_case *failed)
{
    return sweep_all(check_one_compare, sweep->align_end, tested, right, sweep, failed);
}
