/* SPDX-License-Identifier: MIT */
/*
 * A heap of timers ordered by `latest`: a pairing heap (Fredman, Sedgewick, Sleator, Tarjan 1986) that
 * pairs while timers go in, too. Setting and cancelling cost the same however many there are; taking
 * the first out costs the logarithm of their number.
 */
#ifndef CORE_TIME_TIMER_HEAP_H
#define CORE_TIME_TIMER_HEAP_H

#include <keel/timer.h>

struct timer_heap {
    struct timer *root;
    unsigned entered; /* so many timers were put in so far */
    unsigned removed; /* and so many taken out */
};

static inline unsigned timer_heap_count(const struct timer_heap *heap)
{
    return heap->entered - heap->removed;
}

/* timer_is_set() looks at it without the lock. */
static inline void timer_heap_set_link(struct timer *t, struct timer **at)
{
    WRITE_ONCE(t->link, at);
}

/* Puts t in where `at` is, with `next` behind it. */
static inline void timer_heap_link(struct timer **at, struct timer *t, struct timer *next)
{
    timer_heap_set_link(t, at);
    t->next = next;
    *at = t;
    if (next) {
        timer_heap_set_link(next, &t->next);
    }
}

#define TIMER_HEAP_BATCH 32u

/*
 * Puts t below the root. Left alone the children of the root would be a list as long as there are
 * timers, for whoever takes the root to pair at once, interrupts off. So one in TIMER_HEAP_BATCH makes
 * one heap of the last that many, one in its square makes one of that many such heaps, and so on: that
 * leaves fewer than TIMER_HEAP_BATCH of each size. Timers that are cancelled soon cost next to nothing.
 */
static inline void timer_heap_push(struct timer_heap *heap, struct timer *root, struct timer *t)
{
    heap->entered++;
    timer_heap_link(&root->child, t, root->child);
    t->child = NULL;
}

/* Whether no more than that is to be done for a timer. */
static inline bool timer_heap_push_suffices(const struct timer_heap *heap, uint64_t latest)
{
    return heap->root && latest >= heap->root->latest &&
           (heap->entered + 1) % TIMER_HEAP_BATCH != 0;
}

/* Enters a timer, whichever it is. */
void timer_heap_insert(struct timer_heap *heap, struct timer *t);

/* Whether nothing has to take its place. */
static inline bool timer_heap_is_outer(const struct timer_heap *heap, const struct timer *t)
{
    return !t->child && t != heap->root;
}

/* Takes such a one out. */
static inline void timer_heap_remove_outer(struct timer_heap *heap, struct timer *t)
{
    struct timer **link = t->link;
    struct timer *next = t->next;

    heap->removed++;
    *link = next;
    if (next) {
        timer_heap_set_link(next, link);
    }
    timer_heap_set_link(t, NULL);
}

/* Takes one out, whichever it is. */
void timer_heap_remove(struct timer_heap *heap, struct timer *t);

#endif
