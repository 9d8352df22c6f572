/* SPDX-License-Identifier: MIT */
/* Locks for sections that may sleep (T8), with priority inheritance (T7): a thread that holds what a more
 * urgent one waits for, itself or through a chain of owners that wait in turn, runs as urgently. */
#ifndef KEEL_MUTEX_H
#define KEEL_MUTEX_H

#include <arch/atomic.h>
#include <keel/percpu.h>
#include <keel/timer.h>
#include <keel/types.h>
#include <keel/wait.h>

#define MUTEX_WAITERS ((uintptr_t)1)

/*
 * All zero is unlocked. Whoever unlocks hands the mutex to the most urgent that waits, the first among
 * equals, so none is overtaken for ever. A mutex may be freed as soon as mutex_unlock() of its last owner
 * has begun, if nobody else waits or will.
 */
struct mutex {
    uintptr_t owner;      /* its head's address, and MUTEX_WAITERS while any wait; 0: unlocked */
    struct spinlock lock; /* of all below */
    unsigned inherited;   /* the urgency of the first that waits */
    struct wait_list waiters; /* empty while MUTEX_WAITERS is not set */
    struct list_node held;    /* in the owner's list while any wait */
#ifdef CONFIG_LOCK_CHECK
    struct lock_check check;
#endif
};

#ifdef CONFIG_LOCK_CHECK
#define MUTEX_CHECK(what, mutex) lock_check_mutex_##what(&(mutex)->check)
#else
#define MUTEX_CHECK(what, mutex) ((void)0)
#endif
_Static_assert(_Alignof(struct thread_head) > MUTEX_WAITERS, "room for the flag");

/* Makes it unlocked. */
static __always_inline void mutex_init(struct mutex *mutex)
{
    *mutex = (struct mutex){0};
#ifdef CONFIG_LOCK_CHECK
    mutex->check.class = lock_check_here();
#endif
}

/* The parts that are seldom needed: the mutex is not free, or somebody waits for it. */
int mutex_lock_slow(struct mutex *mutex, uint64_t deadline_ns);
void mutex_unlock_slow(struct mutex *mutex);

/* Who reads the owner, to let it inherit, sees it as it was made: hence the release in taking it. */
static inline bool mutex_take_free(struct mutex *mutex)
{
    return likely(arch_compare_swap(&mutex->owner, 0, (uintptr_t)current_head()) == 0);
}

/* Takes it if it is free. */
static inline bool mutex_trylock(struct mutex *mutex)
{
    bool taken = mutex_take_free(mutex);

    if (taken) {
        MUTEX_CHECK(taken, mutex);
    }
    return taken;
}

/* Takes it, at most until clock_ns() is deadline_ns (TIMER_NEVER: for as long as it takes): 0, or
 * -ETIMEDOUT and it is not taken. Threads only, with interrupts on and no spinlock held. A thread that has
 * it already ends in a panic. */
static inline __must_check int mutex_lock_until(struct mutex *mutex, uint64_t deadline_ns)
{
    int status;

    MUTEX_CHECK(want, mutex);
    status = mutex_take_free(mutex) ? 0 : mutex_lock_slow(mutex, deadline_ns);
    if (status == 0) {
        MUTEX_CHECK(taken, mutex);
    }
    return status;
}

/* The same, waiting for as long as it takes. */
static inline void mutex_lock(struct mutex *mutex)
{
    MUTEX_CHECK(want, mutex);
    if (!mutex_take_free(mutex)) {
        mutex_lock_slow(mutex, TIMER_NEVER);
    }
    MUTEX_CHECK(taken, mutex);
}

/* Gives it back; by its owner alone, anybody else ends in a panic. Does not sleep, but may be
 * preempted by the thread that gets it. */
static inline void mutex_unlock(struct mutex *mutex)
{
    uintptr_t self = (uintptr_t)current_head();

    MUTEX_CHECK(release, mutex);
    if (unlikely(arch_compare_swap(&mutex->owner, self, 0) != self)) {
        mutex_unlock_slow(mutex);
    }
}

/* Whether the caller has it. */
static inline bool mutex_is_mine(const struct mutex *mutex)
{
    return (__atomic_load_n(&mutex->owner, __ATOMIC_RELAXED) & ~MUTEX_WAITERS) ==
           (uintptr_t)current_head();
}

#endif
