/* SPDX-License-Identifier: MIT */
/* Bitmaps, a word at a time. */
#include <keel/bitmap.h>

/* The bits of the word from bit `start` on that a range of `count` bits takes; 1 <= count. */
static uint64_t word_mask(size_t start, size_t count)
{
    uint64_t up = UINT64_MAX << start % 64;

    return count < 64 - start % 64 ? up & (BIT(start % 64 + count) - 1) : up;
}

void bitmap_set(uint64_t *map, size_t start, size_t count)
{
    while (count > 0) {
        size_t n = MIN(count, 64 - start % 64);

        map[start / 64] |= word_mask(start, count);
        start += n;
        count -= n;
    }
}

void bitmap_clear(uint64_t *map, size_t start, size_t count)
{
    while (count > 0) {
        size_t n = MIN(count, 64 - start % 64);

        map[start / 64] &= ~word_mask(start, count);
        start += n;
        count -= n;
    }
}

/* The first 1 in the words of map exclusive-or flip. */
static size_t find_next(const uint64_t *map, size_t size, size_t from, uint64_t flip)
{
    while (from < size) {
        uint64_t word = (map[from / 64] ^ flip) >> from % 64;

        if (word) {
            return MIN(from + bits_lowest(word), size);
        }
        from = ALIGN_DOWN(from, 64) + 64;
    }
    return size;
}

size_t bitmap_find_next_set(const uint64_t *map, size_t size, size_t from)
{
    return find_next(map, size, from, 0);
}

size_t bitmap_find_next_zero(const uint64_t *map, size_t size, size_t from)
{
    return find_next(map, size, from, UINT64_MAX);
}

size_t bitmap_find_zero_area(const uint64_t *map, size_t size, size_t from, size_t count,
                             size_t align)
{
    while (from < size) {
        size_t start = ALIGN_UP(bitmap_find_next_zero(map, size, from), align);
        size_t end;

        if (start < from || start >= size || count > size - start) {
            break;
        }
        end = start + count;
        from = bitmap_find_next_set(map, end, start);
        if (from == end) {
            return start;
        }
    }
    return size;
}

size_t bitmap_weight(const uint64_t *map, size_t size)
{
    size_t weight = 0;

    for (size_t i = 0; i < size / 64; i++) {
        weight += popcount64(map[i]);
    }
    if (size % 64) {
        weight += popcount64(map[size / 64] & (BIT(size % 64) - 1));
    }
    return weight;
}
