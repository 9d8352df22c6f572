/* SPDX-License-Identifier: MIT */
/* Atomic work on single bits, in line: for words that CPUs seldom share (Arm ARM DDI 0487, B2.12). */
#ifndef ARCH_BITOPS_H
#define ARCH_BITOPS_H

#include <keel/types.h>

/* Clears the lowest 1 of a word, as a lock is taken; what the word was. Of 0, nothing happens. */
static inline uint64_t arch_take_lowest_bit(uint64_t *word)
{
    uint64_t old, new;
    uint32_t failed;

    __asm__ volatile("1: ldaxr %0, %3\n"
                     "   sub %1, %0, #1\n"
                     "   cbz %0, 2f\n"
                     "   and %1, %1, %0\n"
                     "   stxr %w2, %1, %3\n"
                     "   cbnz %w2, 1b\n"
                     "2:"
                     : "=&r"(old), "=&r"(new), "=&r"(failed), "+Q"(*word)
                     :
                     : "memory");
    return old;
}

/* Sets the bits of `mask`, in one order with all such operations; what the word was. */
static inline uint64_t arch_set_bits(uint64_t *word, uint64_t mask)
{
    uint64_t old, new;
    uint32_t failed;

    __asm__ volatile("1: ldaxr %0, %3\n"
                     "   orr %1, %0, %4\n"
                     "   stlxr %w2, %1, %3\n"
                     "   cbnz %w2, 1b"
                     : "=&r"(old), "=&r"(new), "=&r"(failed), "+Q"(*word)
                     : "r"(mask)
                     : "memory");
    return old;
}

#endif
