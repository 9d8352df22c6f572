/* SPDX-License-Identifier: MIT */
/* Sorting in place. */
#ifndef KEEL_SORT_H
#define KEEL_SORT_H

#include <keel/types.h>

/* Compares two elements: negative, 0 or positive as a comes before, with or behind b. */
typedef int sort_cmp_fn(const void *a, const void *b);

/*
 * Sorts count elements of size bytes each by heap sort: at most about 2 n log2 n comparisons for
 * any input, no recursion, no memory. Equal elements end up in any order.
 */
void sort(void *base, size_t count, size_t size, sort_cmp_fn *cmp);

#endif
