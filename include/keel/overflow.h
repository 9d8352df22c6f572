/* SPDX-License-Identifier: MIT */
/* Arithmetic that tells when it overflows, and ranges of 64-bit addresses. */
#ifndef KEEL_OVERFLOW_H
#define KEEL_OVERFLOW_H

#include <keel/types.h>

/* *result = a op b in the type of *result; true when the exact value does not fit there. */
#define add_overflow(a, b, result) __builtin_add_overflow(a, b, result)
#define sub_overflow(a, b, result) __builtin_sub_overflow(a, b, result)
#define mul_overflow(a, b, result) __builtin_mul_overflow(a, b, result)

/*
 * Ranges are start and size in bytes. A range that ends exactly at 2^64 is refused like one that
 * goes beyond, so that an end always fits 64 bits and is greater than every address inside.
 */

/* Sets *end to start + size; true when that fits. */
static inline __must_check bool range_end(uint64_t start, uint64_t size, uint64_t *end)
{
    return !__builtin_add_overflow(start, size, end);
}

/* Whether [start, start + size) lies within [outer, outer + outer_size). */
static inline bool range_contains(uint64_t outer, uint64_t outer_size, uint64_t start,
                                  uint64_t size)
{
    return start >= outer && size <= outer_size && start - outer <= outer_size - size;
}

/* Whether two ranges share a byte. */
static inline bool range_overlaps(uint64_t a, uint64_t a_size, uint64_t b, uint64_t b_size)
{
    return a_size > 0 && b_size > 0 && (a < b ? b - a < a_size : a - b < b_size);
}

/* Rounds x up to a multiple of align, a power of 2, into *result; true when that fits. */
static inline __must_check bool align_up_fits(uint64_t x, uint64_t align, uint64_t *result)
{
    bool fits = !__builtin_add_overflow(x, align - 1, result);

    *result &= ~(align - 1);
    return fits;
}

#endif
