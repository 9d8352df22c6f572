/* SPDX-License-Identifier: MIT */
/* Finds a device in the device tree that the program was given. */
#ifndef USER_BENCH_TREE_H
#define USER_BENCH_TREE_H

#include <keel/base.h>
#include <stddef.h>
#include <stdint.h>

#define TREE_CELLS_MAX 4u

/* Where a device's registers are, as its node has it, and the cells of its first interrupts. */
struct tree_device {
    uint64_t base, size;
    uint32_t interrupt[TREE_CELLS_MAX];
    unsigned cells;
};

/* The first node whose `compatible` begins with that word, with addresses and sizes of two cells. 0; -ENOENT;
 * -EPROTO: no device tree. Nothing outside of the bytes is read. */
int tree_find(const void *tree, size_t size, const char *compatible, struct tree_device *out);

#endif
