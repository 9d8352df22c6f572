/* SPDX-License-Identifier: MIT */
/* A span of time in counts of arch_counter(), of which the ends are known to lie between two readings
 * each: a host that pauses this machine between them makes the span uncertain, never wrong. */
#ifndef ARCH_COUNTER_SPAN_H
#define ARCH_COUNTER_SPAN_H

#include <keel/types.h>

struct counter_span {
    uint64_t begin[2], end[2];
};

/* The counts that it lasted at the least; 0 when it may have had no length. Pure. */
static inline uint64_t counter_span_least(const struct counter_span *span)
{
    return span->end[0] > span->begin[1] ? span->end[0] - span->begin[1] : 0;
}

/* At the most. Pure. */
static inline uint64_t counter_span_most(const struct counter_span *span)
{
    return span->end[1] - span->begin[0];
}

/* Whether at most one `part`-th of the least is in doubt (`part` is not 0). Pure. */
static inline bool counter_span_is_sure(const struct counter_span *span, unsigned part)
{
    uint64_t least = counter_span_least(span);

    return least != 0 && counter_span_most(span) - least <= least / part;
}

#endif
