/* SPDX-License-Identifier: MIT */
/* Doing things once: a mutex for those who come before it is done. */
#include <keel/once.h>

int once_run_slow(struct once *once, int (*fn)(void *arg), void *arg)
{
    int status = 0;

    mutex_lock(&once->mutex);
    if (!once->done) {
        status = fn(arg);
        __atomic_store_n(&once->done, status == 0, __ATOMIC_RELEASE);
    }
    mutex_unlock(&once->mutex);
    return status;
}
