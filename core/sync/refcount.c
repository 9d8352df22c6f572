/* SPDX-License-Identifier: MIT */
/* Reference counts that have left their range. */
#define LOG_TAG "refcount"

#include <keel/log.h>
#include <keel/refcount.h>

void refcount_stuck(struct refcount *ref, uint32_t before, const char *what)
{
    __atomic_store_n(&ref->count, REFCOUNT_STUCK, __ATOMIC_RELAXED);
    if (before <= REFCOUNT_MAX) {
        log_error("reference count at %p: %s, what it counts is kept for ever", (void *)ref, what);
    }
}
