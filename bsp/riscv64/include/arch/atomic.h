/* SPDX-License-Identifier: MIT */
/* The atomic operations of uncontended locks and of reference counts. */
#ifndef ARCH_ATOMIC_H
#define ARCH_ATOMIC_H

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

/*
 * Where *at is `expected`, makes it `desired`, acquiring and releasing; returns what it was. GCC before 14
 * leaves the release out when it may fail without (__atomic_compare_exchange_n() with ACQ_REL or RELEASE
 * for success alone): it emits lr.d.aq and sc.d.aq.
 */
static inline uintptr_t arch_compare_swap(uintptr_t *at, uintptr_t expected, uintptr_t desired)
{
    uintptr_t before;
    unsigned long failed;

    __asm__ volatile("0: lr.d.aq %0, %2\n"
                     "bne %0, %3, 1f\n"
                     "sc.d.rl %1, %4, %2\n"
                     "bnez %1, 0b\n"
                     "1:"
                     : "=&r"(before), "=&r"(failed), "+A"(*at)
                     : "r"(expected), "r"(desired)
                     : "memory");
    return before;
}

#endif
