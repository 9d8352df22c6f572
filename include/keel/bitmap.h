/* SPDX-License-Identifier: MIT */
/*
 * Bitmaps: arrays of 64-bit words, bit i in word i / 64. Sizes and positions are counted in bits;
 * bits of the last word beyond the size are never looked at. Nothing here is atomic: whoever
 * shares a bitmap brings the lock.
 */
#ifndef KEEL_BITMAP_H
#define KEEL_BITMAP_H

#include <keel/bits.h>

/* The words that a bitmap of `size` bits takes. */
#define BITMAP_WORDS(size)         (((size) + 63) / 64)

/* Defines (in a structure: declares) a bitmap of a constant size. */
#define DECLARE_BITMAP(name, size) uint64_t name[BITMAP_WORDS(size)]

static inline bool bitmap_test(const uint64_t *map, size_t bit)
{
    return map[bit / 64] >> bit % 64 & 1;
}

static inline void bitmap_set_bit(uint64_t *map, size_t bit)
{
    map[bit / 64] |= BIT(bit % 64);
}

static inline void bitmap_clear_bit(uint64_t *map, size_t bit)
{
    map[bit / 64] &= ~BIT(bit % 64);
}

/* Sets (clears) the `count` bits from start on. */
void bitmap_set(uint64_t *map, size_t start, size_t count);
void bitmap_clear(uint64_t *map, size_t start, size_t count);

/* The first 1 (0) at or behind from, or size when there is none. */
size_t bitmap_find_next_set(const uint64_t *map, size_t size, size_t from);
size_t bitmap_find_next_zero(const uint64_t *map, size_t size, size_t from);

static inline size_t bitmap_find_first_set(const uint64_t *map, size_t size)
{
    return bitmap_find_next_set(map, size, 0);
}

static inline size_t bitmap_find_first_zero(const uint64_t *map, size_t size)
{
    return bitmap_find_next_zero(map, size, 0);
}

/*
 * The first position at or behind from that is a multiple of align, a power of 2, and where `count`
 * zeros lie within size; or size when there is none.
 */
size_t bitmap_find_zero_area(const uint64_t *map, size_t size, size_t from, size_t count,
                             size_t align);

/* The number of ones. */
size_t bitmap_weight(const uint64_t *map, size_t size);

/* Loops over the positions of all ones. */
#define bitmap_for_each_set(bit, map, size)                          \
    for ((bit) = bitmap_find_next_set(map, size, 0); (bit) < (size); \
         (bit) = bitmap_find_next_set(map, size, (bit) + 1))

#endif
