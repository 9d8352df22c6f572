/* SPDX-License-Identifier: MIT */
/* Numbers from user space that index tables, also where the CPU guesses ahead (Spectre variant 1). */
#ifndef KEEL_NOSPEC_H
#define KEEL_NOSPEC_H

#include <keel/types.h>

/* index below limit (at most 2^62), else 0. A dependency of data: no branch is there to be guessed. */
static __always_inline size_t index_nospec(size_t index, size_t limit)
{
    /* The compiler must not see what it could make a branch of. */
    __asm__ volatile("" : "+r"(index));
    return index & (0 - ((index - limit) >> (8 * sizeof(index) - 1)));
}

#endif
