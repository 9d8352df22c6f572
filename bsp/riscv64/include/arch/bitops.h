/* SPDX-License-Identifier: MIT */
/* Atomic work on single bits (Unprivileged Architecture, "A" extension). */
#ifndef ARCH_BITOPS_H
#define ARCH_BITOPS_H

#include <keel/types.h>

/* Clears the lowest 1 of a word, as a lock is taken; what the word was. Of 0, nothing happens. */
static inline uint64_t arch_take_lowest_bit(uint64_t *word)
{
    uint64_t old, new;

    __asm__ volatile("1: lr.d.aq %0, %2\n"
                     "   addi %1, %0, -1\n"
                     "   beqz %0, 2f\n"
                     "   and %1, %1, %0\n"
                     "   sc.d %1, %1, %2\n"
                     "   bnez %1, 1b\n"
                     "2:"
                     : "=&r"(old), "=&r"(new), "+A"(*word)
                     :
                     : "memory");
    return old;
}

/* Sets the bits of `mask`, in one order with all such operations; what the word was. */
static inline uint64_t arch_set_bits(uint64_t *word, uint64_t mask)
{
    return __atomic_fetch_or(word, mask, __ATOMIC_SEQ_CST);
}

#endif
