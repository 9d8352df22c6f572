/* SPDX-License-Identifier: MIT */
/* Reference counts that no mistake turns into a use of freed memory: one that would pass its range
 * stays at its end for ever, and what it counts is never freed. */
#ifndef KEEL_REFCOUNT_H
#define KEEL_REFCOUNT_H

#include <arch/atomic.h>
#include <keel/types.h>

/* From here on a count is stuck; in the middle of the upper half, so that steps of many CPUs at once
 * leave it there. */
#define REFCOUNT_MAX   UINT32_C(0x7fffffff)
#define REFCOUNT_STUCK UINT32_C(0xc0000000)

struct refcount {
    uint32_t count; /* 1 to REFCOUNT_MAX; 0: nobody refers to it any more; above: stuck */
};

#define REFCOUNT_INIT(n) \
    {                    \
        (n)              \
    }

/* Makes a count stick that was `before`, and says why unless it has stuck already. */
void refcount_stuck(struct refcount *ref, uint32_t before, const char *what);

static inline void refcount_set(struct refcount *ref, uint32_t count)
{
    __atomic_store_n(&ref->count, count, __ATOMIC_RELAXED);
}

static inline uint32_t refcount_read(const struct refcount *ref)
{
    return __atomic_load_n(&ref->count, __ATOMIC_RELAXED);
}

/* One more, by who has one already, in two steps: the second, with what the first gave, may be left to
 * a place where a call costs less. */
static inline uint32_t refcount_add(struct refcount *ref)
{
    return arch_fetch_add(&ref->count, 1);
}

static inline bool refcount_add_is_wrong(uint32_t before)
{
    return unlikely(before - 1 >= REFCOUNT_MAX - 1);
}

/* The second step where it is wrong. */
static inline void refcount_add_failed(struct refcount *ref, uint32_t before)
{
    refcount_stuck(ref, before, before == 0 ? "taken from 0" : "too many");
}

/* One more, by who has one already. */
static inline void refcount_get(struct refcount *ref)
{
    uint32_t before = refcount_add(ref);

    if (refcount_add_is_wrong(before)) {
        refcount_add_failed(ref, before);
    }
}

/* One more unless there is none: for who finds the object in a table that does not count as one. */
static inline __must_check bool refcount_get_unless_zero(struct refcount *ref)
{
    uint32_t before = __atomic_load_n(&ref->count, __ATOMIC_RELAXED);

    do {
        if (before == 0) {
            return false;
        }
    } while (!__atomic_compare_exchange_n(&ref->count, &before, before + 1, true, __ATOMIC_RELAXED,
                                          __ATOMIC_RELAXED));
    if (unlikely(before >= REFCOUNT_MAX)) {
        refcount_stuck(ref, before, "too many");
    }
    return true;
}

/* One less. True for the last: whatever others did before they gave theirs up is visible, and the object
 * is the caller's to free. */
static inline __must_check bool refcount_put(struct refcount *ref)
{
    uint32_t before = arch_fetch_add_release(&ref->count, UINT32_MAX);

    if (likely(before - 1 < REFCOUNT_MAX)) {
        if (before != 1) {
            return false;
        }
        /* A load of its own pairs with the others' steps down. */
        (void)__atomic_load_n(&ref->count, __ATOMIC_ACQUIRE);
        return true;
    }
    refcount_stuck(ref, before, "given up once too often");
    return false;
}

#endif
