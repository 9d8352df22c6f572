/* SPDX-License-Identifier: MIT */
/* Sets of CPUs by index: one word, since no kernel is built for more than 64 (CPUS_MAX). */
#ifndef KEEL_CPUMASK_H
#define KEEL_CPUMASK_H

#include <keel/bits.h>
#include <keel/percpu.h>
#include <keel/types.h>

typedef uint64_t cpumask_t;
_Static_assert(CPUS_MAX <= 64, "a cpumask_t has 64 bits");

#define CPUMASK_ALL (~(cpumask_t)0)

static inline cpumask_t cpumask_of(unsigned cpu)
{
    return (cpumask_t)1 << cpu;
}

static inline bool cpumask_has(cpumask_t mask, unsigned cpu)
{
    return (mask >> cpu & 1) != 0;
}

static inline unsigned cpumask_count(cpumask_t mask)
{
    return (unsigned)__builtin_popcountll(mask);
}

/* The lowest CPU of a set that is not empty. */
static inline unsigned cpumask_first(cpumask_t mask)
{
    return (unsigned)__builtin_ctzll(mask);
}

/* Runs the body for every CPU of a set, lowest first. */
#define cpumask_for_each(cpu, mask)                                                    \
    for (cpumask_t _left = (mask); _left != 0 && ((cpu) = cpumask_first(_left), true); \
         _left &= _left - 1)

#endif
