/* SPDX-License-Identifier: MIT */
/* Waiting in the kernel. */
#include "futex.h"
#include "self.h"

#include <keel/errno.h>
#include <keel/syscalls.h>
#include <stdio.h>
#include <stdlib.h>

/* Of a thread that does not know its handle; so does no other, where it matters. */
#define MARK_UNKNOWN 3u

uint32_t lib_thread_mark(void)
{
    return lib_self()->handle | MARK_UNKNOWN;
}

/* An owner that has ended, or whose handle was closed, does not run any faster. */
int lib_futex_wait(uint32_t *word, uint32_t value, uint32_t owner, int64_t deadline)
{
    int err = keel_futex_wait(word, value, owner != MARK_UNKNOWN ? owner : 0, deadline);

    if (err != 0 && err != -EAGAIN && err != -ETIMEDOUT && owner != 0) {
        err = keel_futex_wait(word, value, 0, deadline);
    }
    return err;
}

void lib_futex_wake(uint32_t *word, uint32_t count)
{
    (void)keel_futex_wake(word, count);
}

int lib_futex_requeue(uint32_t *word, uint32_t value, uint32_t *other, uint32_t owner)
{
    int err = -EINVAL;

    if (owner > MARK_UNKNOWN) {
        err = keel_futex_requeue(word, 1, value, other, LIB_FUTEX_ALL, owner);
    }
    if (err != 0 && err != -EAGAIN) {
        err = keel_futex_requeue(word, 1, value, other, LIB_FUTEX_ALL, 0);
    }
    return err;
}

void lib_mutex_misused(const char *what)
{
    dprintf(2, "mutex: %s\n", what);
    abort();
}
