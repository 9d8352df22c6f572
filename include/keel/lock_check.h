/* SPDX-License-Identifier: MIT */
/*
 * Finding mistakes with locks before they come true (CONFIG_LOCK_CHECK): locks taken in one order here
 * and in the other there, taken again by who has them, let go by who has not, sleeping with a spinlock
 * held or interrupts off, locks in memory that is freed. Costs nothing when it is off.
 *
 * Locks that are initialised at the same place in the code are of one class, or, where nobody initialised
 * them, those first taken at the same place; orders are those of classes. A lock may be taken while
 * another of its class is held.
 */
#ifndef KEEL_LOCK_CHECK_H
#define KEEL_LOCK_CHECK_H

#include <keel/types.h>

#define LOCKS_HELD_MAX 16

/* A lock's part. All zero at first. */
struct lock_check {
    virt_addr_t class; /* where it was initialised or first taken; 0: not yet */
};

/* Locks in the order they were taken, of a CPU (spinlocks) or a thread (those that sleep). */
struct locks_held {
    unsigned count;
    struct {
        struct lock_check *lock;
        virt_addr_t site;
    } held[LOCKS_HELD_MAX];
};

/* What is wrong, and where: the lock that is being taken or let go at `site`; `other`, where one in its
 * way was taken; `before` and `before_other`, the places where two were taken in the other order. */
struct lock_report {
    const char *what;
    virt_addr_t site, other, before, before_other;
};

/* Ends in a panic, unless a test has put its own in its place: then the code goes on. */
extern void (*lock_check_report)(const struct lock_report *report);

/* The checker, filled in by core/sync; NULL until it has started, and in a panic. */
struct lock_check_ops {
    void (*spin_want)(struct lock_check *lock, virt_addr_t site);  /* before waiting for it */
    void (*spin_taken)(struct lock_check *lock, virt_addr_t site); /* has it */
    void (*spin_release)(struct lock_check *lock, virt_addr_t site);
};
extern const struct lock_check_ops *lock_check_ops;

/* A class for what the caller initialises: the place it does that at. */
virt_addr_t lock_check_here(void);

/* For a panic: from now on nothing is checked. */
static inline void lock_check_stop(void)
{
    if (IS_ENABLED(CONFIG_LOCK_CHECK)) {
        WRITE_ONCE(lock_check_ops, NULL);
    }
}

/* What the inline functions of spinlock.h call, the site being where those are. */
void lock_check_spin_want(struct lock_check *lock);
void lock_check_spin_taken(struct lock_check *lock);
void lock_check_spin_release(struct lock_check *lock);

/* What mutex.h calls, on the way to waiting, having taken it, and before letting it go. */
void lock_check_mutex_want(struct lock_check *lock);
void lock_check_mutex_taken(struct lock_check *lock);
void lock_check_mutex_release(struct lock_check *lock);

/* For whatever may sleep, from where it is called: wrong with a spinlock held, with interrupts off, or in
 * an interrupt. */
void lock_check_may_sleep(void);

static __always_inline void lock_check_sleep(void)
{
    if (IS_ENABLED(CONFIG_LOCK_CHECK)) {
        lock_check_may_sleep();
    }
}

/* For who gives up the one spinlock it should have, and waits. */
void lock_check_block(void);

/* For who frees memory: wrong if the CPU or the thread holds a lock in it. */
void lock_check_free(const void *memory, size_t size);

/* For a thread that ends: wrong with a mutex held. */
void lock_check_thread_end(void);

#endif
