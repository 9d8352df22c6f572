/* SPDX-License-Identifier: MIT */
/* Locks for short sections: taken in order of arrival, with interrupts off on the owner's CPU. */
#ifndef KEEL_SPINLOCK_H
#define KEEL_SPINLOCK_H

#include <arch/atomic.h>
#include <arch/cpu.h>
#include <keel/lock_check.h>
#include <keel/types.h>

/* All zero is unlocked. The two counters are tickets: one is drawn, the other is being served. */
struct spinlock {
    uint32_t drawn;
    uint32_t served;
#ifdef CONFIG_LOCK_CHECK
    struct lock_check check;
#endif
};

#ifdef CONFIG_LOCK_CHECK
#define SPIN_CHECK(what, lock) lock_check_spin_##what(&(lock)->check)
#else
#define SPIN_CHECK(what, lock) ((void)0)
#endif

/* Makes it unlocked. Locks that are initialised at one place are of one class (lock_check.h), so that they
 * may nest. */
static __always_inline void spin_init(struct spinlock *lock)
{
    *lock = (struct spinlock){0};
#ifdef CONFIG_LOCK_CHECK
    lock->check.class = lock_check_here();
#endif
}

/* Out of line, so that who need not wait saves no registers. */
static __noinline __maybe_unused void spin_wait_turn(const struct spinlock *lock, uint32_t ticket)
{
    while (__atomic_load_n(&lock->served, __ATOMIC_ACQUIRE) != ticket) {
        arch_cpu_relax();
    }
}

/* Takes the lock, interrupts being off, or a place in the queue for it: then it is not taken until
 * spin_wait_turn() has returned. For hot paths that leave waiting to another function. */
static inline bool spin_lock_or_queue(struct spinlock *lock, uint32_t *ticket)
{
    SPIN_CHECK(want, lock);
    *ticket = arch_fetch_add(&lock->drawn, 1);
    if (IS_ENABLED(CONFIG_LOCK_CHECK)) {
        spin_wait_turn(lock, *ticket);
        SPIN_CHECK(taken, lock);
        return true;
    }
    return likely(__atomic_load_n(&lock->served, __ATOMIC_ACQUIRE) == *ticket);
}

/* Takes the lock, interrupts being off; not again on the CPU that holds it. */
static inline void spin_lock_irqoff(struct spinlock *lock)
{
    uint32_t ticket;

    if (!spin_lock_or_queue(lock, &ticket)) {
        spin_wait_turn(lock, ticket);
    }
}

/* Hands the lock to the next in line; interrupts stay off. */
static inline void spin_unlock_irqoff(struct spinlock *lock)
{
    SPIN_CHECK(release, lock);
    __atomic_store_n(&lock->served, lock->served + 1, __ATOMIC_RELEASE);
}

/* Turns interrupts off and takes the lock; not again on the CPU that holds it. Returns what
 * spin_unlock() restores the interrupt state from. */
static inline unsigned long spin_lock(struct spinlock *lock)
{
    unsigned long irq = arch_irq_save();

    spin_lock_irqoff(lock);
    return irq;
}

/* Hands the lock to the next in line, and restores the interrupt state. */
static inline void spin_unlock(struct spinlock *lock, unsigned long irq)
{
    spin_unlock_irqoff(lock);
    arch_irq_restore(irq);
}

/* Takes the lock if nobody has it or waits for it; interrupts are off. */
static inline bool spin_trylock_irqoff(struct spinlock *lock)
{
    uint32_t served = __atomic_load_n(&lock->served, __ATOMIC_ACQUIRE);

    if (!__atomic_compare_exchange_n(&lock->drawn, &served, served + 1, false, __ATOMIC_ACQUIRE,
                                     __ATOMIC_RELAXED)) {
        return false;
    }
    SPIN_CHECK(taken, lock);
    return true;
}

/* The same with interrupts as they come: when it is taken, they are off and *irq is what spin_unlock()
 * restores them from. */
static inline bool spin_trylock(struct spinlock *lock, unsigned long *irq)
{
    *irq = arch_irq_save();
    if (spin_trylock_irqoff(lock)) {
        return true;
    }
    arch_irq_restore(*irq);
    return false;
}

/* Whether anybody has it: out of date at once, unless that is the caller. */
static inline bool spin_is_locked(const struct spinlock *lock)
{
    return __atomic_load_n(&lock->served, __ATOMIC_RELAXED) !=
           __atomic_load_n(&lock->drawn, __ATOMIC_RELAXED);
}

/* Returns when those who have the lock or wait for it now have let it go: they no longer touch it. */
static inline void spin_wait_unlocked(const struct spinlock *lock)
{
    uint32_t drawn = __atomic_load_n(&lock->drawn, __ATOMIC_RELAXED);

    while ((int32_t)(__atomic_load_n(&lock->served, __ATOMIC_ACQUIRE) - drawn) < 0) {
        arch_cpu_relax();
    }
}

#endif
