/* SPDX-License-Identifier: MIT */
/* Our device-tree reader beside libfdt: the comparison that the unit test and the fuzzer share. */
#ifndef TESTS_FUZZ_FDT_COMPARE_H
#define TESTS_FUZZ_FDT_COMPARE_H

#include <stdbool.h>
#include <stddef.h>

/* What fdt_compare() saw. */
struct fdt_compare {
    bool ours;   /* our reader accepts the tree */
    bool theirs; /* libfdt does */
    int nodes;   /* compared, when both do */
    int properties;
    char why[512]; /* the first difference, "" when there is none */
};

/* Loads libfdt from the file `library`; false with the reason on stderr. */
bool fdt_compare_open(const char *library);

/* Gives `size` bytes at `blob` to both readers; true when they agree in everything that both
 * accept. `theirs` stays false when no library is open. */
bool fdt_compare(const void *blob, size_t size, struct fdt_compare *result);

#endif
