/* SPDX-License-Identifier: MIT */
/* The atomic operations of uncontended locks and of reference counts, in line: what the compiler calls for them would have
 * every function that takes a lock save its registers. One instruction each where there is LSE. */
#ifndef ARCH_ATOMIC_H
#define ARCH_ATOMIC_H

#include <arch/alternative.h>
#include <keel/types.h>

/* Adds to *at, in no order with other accesses; returns what it was. */
static inline uint32_t arch_fetch_add(uint32_t *at, uint32_t n)
{
    uint32_t before, after, failed;

    __asm__ volatile(".arch_extension lse\n" ALTERNATIVE("1: ldxr %w0, %3\n"
                                                         "add %w1, %w0, %w4\n"
                                                         "stxr %w2, %w1, %3\n"
                                                         "cbnz %w2, 1b",
                                                         "ldadd %w4, %w0, %3", CPU_FEATURE_LSE)
                     : "=&r"(before), "=&r"(after), "=&r"(failed), "+Q"(*at)
                     : "r"(n)
                     : "memory");
    return before;
}

/* The same, after all accesses that come before it. */
static inline uint32_t arch_fetch_add_release(uint32_t *at, uint32_t n)
{
    uint32_t before, after, failed;

    __asm__ volatile(".arch_extension lse\n" ALTERNATIVE("1: ldxr %w0, %3\n"
                                                         "add %w1, %w0, %w4\n"
                                                         "stlxr %w2, %w1, %3\n"
                                                         "cbnz %w2, 1b",
                                                         "ldaddl %w4, %w0, %3", CPU_FEATURE_LSE)
                     : "=&r"(before), "=&r"(after), "=&r"(failed), "+Q"(*at)
                     : "r"(n)
                     : "memory");
    return before;
}

/* Where *at is `expected`, makes it `desired`, acquiring and releasing; returns what it was. */
static inline uintptr_t arch_compare_swap(uintptr_t *at, uintptr_t expected, uintptr_t desired)
{
    uintptr_t before;
    uint32_t failed;

    __asm__ volatile(".arch_extension lse\n" ALTERNATIVE("1: ldaxr %0, %2\n"
                                                         "cmp %0, %3\n"
                                                         "b.ne 2f\n"
                                                         "stlxr %w1, %4, %2\n"
                                                         "cbnz %w1, 1b\n"
                                                         "2:",
                                                         "mov %0, %3\n"
                                                         "casal %0, %4, %2",
                                                         CPU_FEATURE_LSE)
                     : "=&r"(before), "=&r"(failed), "+Q"(*at)
                     : "r"(expected), "r"(desired)
                     : "cc", "memory");
    return before;
}

#endif
