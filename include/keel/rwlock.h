/* SPDX-License-Identifier: MIT */
/* Locks that many readers or one writer hold (T8). */
#ifndef KEEL_RWLOCK_H
#define KEEL_RWLOCK_H

#include <keel/mutex.h>
#include <keel/semaphore.h>

#define RWLOCK_WRITER UINT32_C(0x80000000)

/*
 * All zero is unlocked. A writer takes `turn` for as long as it waits or writes; readers that come in the
 * meantime queue for `turn` like further writers, and let it go as soon as they are in. So writers and
 * readers get their turn in the order of urgency and arrival, and neither starve. Inheritance is that of
 * the mutex: a writer runs at least as urgently as the readers and writers that wait for it. Readers inherit
 * nothing, as nobody knows who they are: what a writer waits for at most is that those who read now finish.
 *
 * Who has it for writing knows that those who had it before no longer touch it. So that thread may free it
 * once rwlock_write_done() has returned, if nobody else waits or will. One that has read knows nothing of
 * the kind: it must learn in another way that all other calls have returned.
 */
struct rwlock {
    uint32_t state; /* readers, and RWLOCK_WRITER while one waits for them to finish or writes */
    struct mutex turn;
    struct semaphore drained; /* given by the last reader that left a waiting writer */
};

void rwlock_init(struct rwlock *lock);

/* The parts that are seldom needed: a writer waits or writes. */
int rwlock_read_slow(struct rwlock *lock, uint64_t deadline_ns);
void rwlock_wake_writer(struct rwlock *lock);

/* What the checker of locks sees of readers: as if each had the mutex. */
#ifdef CONFIG_LOCK_CHECK
#define RWLOCK_CHECK(what, lock) lock_check_mutex_##what(&(lock)->turn.check)
#else
#define RWLOCK_CHECK(what, lock) ((void)0)
#endif

/* Takes it for reading if no writer has it or waits for it. */
static inline bool rwlock_try_read(struct rwlock *lock)
{
    uint32_t state = __atomic_load_n(&lock->state, __ATOMIC_RELAXED);

    while (!(state & RWLOCK_WRITER)) {
        if (__atomic_compare_exchange_n(&lock->state, &state, state + 1, true, __ATOMIC_ACQUIRE,
                                        __ATOMIC_RELAXED)) {
            RWLOCK_CHECK(taken, lock);
            return true;
        }
    }
    return false;
}

/* Takes it for reading. Not again by a thread that has it: a writer may have come in between. Threads
 * only, interrupts on, no spinlock held. */
static inline void rwlock_read(struct rwlock *lock)
{
    RWLOCK_CHECK(want, lock);
    if (unlikely(!rwlock_try_read(lock))) {
        (void)rwlock_read_slow(lock, TIMER_NEVER);
    }
}

/* The same, at most until deadline_ns: 0 or -ETIMEDOUT. */
static inline __must_check int rwlock_read_until(struct rwlock *lock, uint64_t deadline_ns)
{
    RWLOCK_CHECK(want, lock);
    return likely(rwlock_try_read(lock)) ? 0 : rwlock_read_slow(lock, deadline_ns);
}

/* By the thread that read. */
static inline void rwlock_read_done(struct rwlock *lock)
{
    RWLOCK_CHECK(release, lock);
    if (unlikely(__atomic_sub_fetch(&lock->state, 1, __ATOMIC_RELEASE) == RWLOCK_WRITER)) {
        rwlock_wake_writer(lock);
    }
}

/* Takes it for writing, at most until deadline_ns, or until a rwlock_read_done() that has begun then
 * returns: 0 or -ETIMEDOUT. Threads only, interrupts on, no spinlock held. */
__must_check int rwlock_write_until(struct rwlock *lock, uint64_t deadline_ns);
void rwlock_write(struct rwlock *lock);

/* Takes it for writing if nobody has it or waits for it. */
bool rwlock_try_write(struct rwlock *lock);

/* By the thread that wrote. */
void rwlock_write_done(struct rwlock *lock);

#endif
