/* SPDX-License-Identifier: MIT */
/* Reader-writer locks: a count of readers, and a mutex that gives turns. */
#include <keel/errno.h>
#include <keel/rwlock.h>

void rwlock_init(struct rwlock *lock)
{
    *lock = (struct rwlock){0};
}

int rwlock_read_slow(struct rwlock *lock, uint64_t deadline_ns)
{
    int status = mutex_lock_until(&lock->turn, deadline_ns);

    if (status == 0) {
        /* Who has the turn is the only one who could set RWLOCK_WRITER. */
        __atomic_fetch_add(&lock->state, 1, __ATOMIC_ACQUIRE);
        mutex_unlock(&lock->turn);
        RWLOCK_CHECK(taken, lock);
    }
    return status;
}

/* By the one reader who has left a waiting writer alone: the writer does not go on before. */
void rwlock_wake_writer(struct rwlock *lock)
{
    (void)semaphore_up(&lock->drained);
}

/* Gives up waiting for readers. False: the last of them has left, and will say so. */
static bool withdraw(struct rwlock *lock)
{
    uint32_t state = __atomic_load_n(&lock->state, __ATOMIC_RELAXED);

    while (state != RWLOCK_WRITER) {
        if (__atomic_compare_exchange_n(&lock->state, &state, state & ~RWLOCK_WRITER, true,
                                        __ATOMIC_RELAXED, __ATOMIC_RELAXED)) {
            return true;
        }
    }
    return false;
}

/* With the turn taken: waits until the readers have left, who no longer touch the lock then. */
static int drain(struct rwlock *lock, uint64_t deadline_ns)
{
    if (__atomic_fetch_or(&lock->state, RWLOCK_WRITER, __ATOMIC_ACQUIRE) == 0) {
        return 0;
    }
    if (semaphore_down_until(&lock->drained, deadline_ns) != 0) {
        if (withdraw(lock)) {
            return -ETIMEDOUT;
        }
        semaphore_down(&lock->drained);
    }
    /* What each of the readers did, not only the last, is seen from here on. */
    (void)__atomic_load_n(&lock->state, __ATOMIC_ACQUIRE);
    return 0;
}

static int write_until(struct rwlock *lock, uint64_t deadline_ns)
{
    int status = mutex_lock_until(&lock->turn, deadline_ns);

    if (status != 0) {
        return status;
    }
    status = drain(lock, deadline_ns);
    if (status != 0) {
        mutex_unlock(&lock->turn);
    }
    return status;
}

int rwlock_write_until(struct rwlock *lock, uint64_t deadline_ns)
{
    return write_until(lock, deadline_ns);
}

void rwlock_write(struct rwlock *lock)
{
    write_until(lock, TIMER_NEVER);
}

bool rwlock_try_write(struct rwlock *lock)
{
    uint32_t unlocked = 0;

    if (!mutex_trylock(&lock->turn)) {
        return false;
    }
    if (__atomic_compare_exchange_n(&lock->state, &unlocked, RWLOCK_WRITER, false, __ATOMIC_ACQUIRE,
                                    __ATOMIC_RELAXED)) {
        return true;
    }
    mutex_unlock(&lock->turn);
    return false;
}

void rwlock_write_done(struct rwlock *lock)
{
    __atomic_fetch_and(&lock->state, ~RWLOCK_WRITER, __ATOMIC_RELEASE);
    mutex_unlock(&lock->turn);
}
