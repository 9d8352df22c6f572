/* SPDX-License-Identifier: MIT */
/* What is to be done once, by whoever comes first, while others wait for it (T8). */
#ifndef KEEL_ONCE_H
#define KEEL_ONCE_H

#include <keel/mutex.h>

/* All zero: not done yet. May be freed when all calls have returned: that it is done tells nothing of who
 * does it. */
struct once {
    bool done;
    struct mutex mutex;
};

/* The part that is seldom needed. */
int once_run_slow(struct once *once, int (*fn)(void *arg), void *arg);

/*
 * Runs fn(arg) unless a call for the same `once` has returned 0 before; returns when it has. 0, or what
 * fn returned: then it is not done, and the next caller tries again. fn may sleep; it must not come back
 * here for the same `once` (panic). Threads only, interrupts on, no spinlock held; when it is done, any
 * context.
 */
static inline int once_run(struct once *once, int (*fn)(void *arg), void *arg)
{
    return likely(__atomic_load_n(&once->done, __ATOMIC_ACQUIRE)) ? 0
                                                                  : once_run_slow(once, fn, arg);
}

#endif
