/* SPDX-License-Identifier: MIT */
/* Atomic work on single bits, as the compiler has it: for ports where that is as good as any. */
#ifndef KEEL_GENERIC_BITOPS_H
#define KEEL_GENERIC_BITOPS_H

#include <keel/types.h>

/* Clears the lowest 1 of a word, as a lock is taken; what the word was. Of 0, nothing happens. */
static inline uint64_t arch_take_lowest_bit(uint64_t *word)
{
    uint64_t old = __atomic_load_n(word, __ATOMIC_RELAXED);

    while (old != 0 && !__atomic_compare_exchange_n(word, &old, old & (old - 1), true,
                                                    __ATOMIC_ACQUIRE, __ATOMIC_RELAXED)) {
    }
    return old;
}

/* Sets the bits of `mask`, in one order with all such operations; what the word was. */
static inline uint64_t arch_set_bits(uint64_t *word, uint64_t mask)
{
    return __atomic_fetch_or(word, mask, __ATOMIC_SEQ_CST);
}

#endif
