/* SPDX-License-Identifier: MIT */
/* Heap sort. */
#include <keel/sort.h>

/* The array as a heap: the children of element i are 2i + 1 and 2i + 2. */
struct heap {
    unsigned char *base;
    size_t size;
    sort_cmp_fn *cmp;
};

static void *element(const struct heap *heap, size_t i)
{
    return heap->base + i * heap->size;
}

static void swap(const struct heap *heap, size_t i, size_t j)
{
    unsigned char *a = element(heap, i);
    unsigned char *b = element(heap, j);

    for (size_t k = 0; k < heap->size; k++) {
        unsigned char byte = a[k];

        a[k] = b[k];
        b[k] = byte;
    }
}

/* Moves element i down until no child among the first count elements is greater. */
static void sift_down(const struct heap *heap, size_t i, size_t count)
{
    size_t child;

    while ((child = 2 * i + 1) < count) {
        if (child + 1 < count && heap->cmp(element(heap, child), element(heap, child + 1)) < 0) {
            child++;
        }
        if (heap->cmp(element(heap, i), element(heap, child)) >= 0) {
            return;
        }
        swap(heap, i, child);
        i = child;
    }
}

void sort(void *base, size_t count, size_t size, sort_cmp_fn *cmp)
{
    struct heap heap = {.base = base, .size = size, .cmp = cmp};

    for (size_t i = count / 2; i > 0; i--) {
        sift_down(&heap, i - 1, count);
    }
    for (size_t left = count; left > 1; left--) {
        swap(&heap, 0, left - 1);
        sift_down(&heap, 0, left - 1);
    }
}
