/* SPDX-License-Identifier: MIT */
/* Sorting in place, whatever the order it begins with, and searching in what is sorted. */
#include <stdint.h>
#include <stdlib.h>

typedef int (*compare_fn)(const void *a, const void *b);

static void swap(uint8_t *a, uint8_t *b, size_t size)
{
    while (size-- != 0) {
        uint8_t byte = *a;

        *a++ = *b;
        *b++ = byte;
    }
}

/* Puts `root` in its place in a heap of `count`: no child is greater than its parent. */
static void sink(uint8_t *base, size_t root, size_t count, size_t size, compare_fn compare)
{
    for (size_t child; (child = 2 * root + 1) < count; root = child) {
        if (child + 1 < count && compare(base + child * size, base + (child + 1) * size) < 0) {
            child++;
        }
        if (compare(base + root * size, base + child * size) >= 0) {
            return;
        }
        swap(base + root * size, base + child * size, size);
    }
}

void qsort(void *base, size_t count, size_t size, compare_fn compare)
{
    for (size_t root = count / 2; root-- != 0;) {
        sink(base, root, count, size, compare);
    }
    for (size_t last = count; last-- > 1;) {
        swap(base, (uint8_t *)base + last * size, size);
        sink(base, 0, last, size, compare);
    }
}

void *bsearch(const void *key, const void *base, size_t count, size_t size, compare_fn compare)
{
    const uint8_t *low = base;

    while (count != 0) {
        const uint8_t *middle = low + count / 2 * size;
        int order = compare(key, middle);

        if (order == 0) {
            return (void *)(uintptr_t)middle;
        }
        if (order > 0) {
            low = middle + size;
            count--;
        }
        count /= 2;
    }
    return NULL;
}
