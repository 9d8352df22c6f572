/* SPDX-License-Identifier: MIT */
/* The atomic operations of uncontended locks and of reference counts, as the compiler has them: for ports where that is as
 * good as any. */
#ifndef KEEL_GENERIC_ATOMIC_H
#define KEEL_GENERIC_ATOMIC_H

#include <keel/types.h>

/* Adds to *at, in no order with other accesses; returns what it was. */
static inline uint32_t arch_fetch_add(uint32_t *at, uint32_t n)
{
    return __atomic_fetch_add(at, n, __ATOMIC_RELAXED);
}

/* The same, after all accesses that come before it. */
static inline uint32_t arch_fetch_add_release(uint32_t *at, uint32_t n)
{
    return __atomic_fetch_add(at, n, __ATOMIC_RELEASE);
}

/* Where *at is `expected`, makes it `desired`, acquiring and releasing; returns what it was. */
static inline uintptr_t arch_compare_swap(uintptr_t *at, uintptr_t expected, uintptr_t desired)
{
    __atomic_compare_exchange_n(at, &expected, desired, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
    return expected;
}

#endif
