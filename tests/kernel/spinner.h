/* SPDX-License-Identifier: MIT */
/* For tests: threads that never give way, and count. */
#ifndef TESTS_KERNEL_SPINNER_H
#define TESTS_KERNEL_SPINNER_H

#include <keel/types.h>

struct thread;

struct spinner {
    struct thread *thread; /* for who starts it to keep */
    uint64_t turns;
    bool stop;
};

/* A thread's entry; its argument is a spinner. */
static inline int spin_until_stopped(void *arg)
{
    struct spinner *spinner = arg;

    while (!__atomic_load_n(&spinner->stop, __ATOMIC_ACQUIRE)) {
        __atomic_fetch_add(&spinner->turns, 1, __ATOMIC_RELAXED);
    }
    return 0;
}

#endif
