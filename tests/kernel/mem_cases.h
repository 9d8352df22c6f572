/* SPDX-License-Identifier: MIT */
/* Sweeps over alignments and lengths for memory routines, shared by the host and the kernel
 * tests. */
#ifndef TESTS_MEM_CASES_H
#define TESTS_MEM_CASES_H

#include <keel/types.h>

typedef void *mem_copy_fn(void *dst, const void *src, size_t n);
typedef void *mem_fill_fn(void *dst, int c, size_t n);
typedef int mem_compare_fn(const void *a, const void *b, size_t n);

/* The routines under test, or those that say what is right. */
struct mem_routines {
    mem_copy_fn *copy;
    mem_copy_fn *move;
    mem_fill_fn *fill;
    mem_compare_fn *compare;
};

/* Alignments from 0 in steps up to below align_end, lengths likewise up to len_max included. */
struct mem_sweep {
    size_t align_end;
    size_t align_step;
    size_t len_max;
    size_t len_step;
};

#define MEM_LEN_MAX   ((size_t)4096)
#define MEM_ALIGN_MAX ((size_t)64)

/* What a sweep stopped at. */
struct mem_case {
    size_t dst;
    size_t src;
    size_t len;
};

/*
 * Run every case of the sweep with both sets of routines from the same contents, and compare the
 * results, the bytes around them, and what is returned. False, with *failed, at the first
 * difference.
 */
bool mem_check_copy(const struct mem_routines *tested, const struct mem_routines *right,
                    const struct mem_sweep *sweep, struct mem_case *failed);

/* memmove within one buffer, so that long areas overlap by every distance below 64, both ways. */
bool mem_check_move(const struct mem_routines *tested, const struct mem_routines *right,
                    const struct mem_sweep *sweep, struct mem_case *failed);

/* memset to zero and to a value whose bits above the lowest eight must not count. */
bool mem_check_fill(const struct mem_routines *tested, const struct mem_routines *right,
                    const struct mem_sweep *sweep, struct mem_case *failed);

/* memcmp of areas that are equal, and that differ first in the first, the middle, the last byte. */
bool mem_check_compare(const struct mem_routines *tested, const struct mem_routines *right,
                       const struct mem_sweep *sweep, struct mem_case *failed);

#endif
