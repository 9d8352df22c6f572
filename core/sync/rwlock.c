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
    }
    return status;
}

/* The count of readers has come to 0: by the time this looks, the writer may be in, or gone and another
 * one wait for other readers. */
void rwlock_wake_writer(struct rwlock *lock)
{
    unsigned long irq = spin_lock(&lock->drained.lock);
    unsigned woken = 0;

    if (__atomic_load_n(&lock->state, __ATOMIC_RELAXED) == RWLOCK_WRITER) {
        woken = wait_queue_wake_one(&lock->drained, 0);
    }
    wait_queue_unlock(&lock->drained, irq, woken);
}

/* With the turn taken and RWLOCK_WRITER set: until the last reader has left. */
static int drain(struct rwlock *lock, uint64_t deadline_ns)
{
    int status = 0;

    while (status == 0 && __atomic_load_n(&lock->state, __ATOMIC_ACQUIRE) != RWLOCK_WRITER) {
        unsigned long irq = spin_lock(&lock->drained.lock);

        if (__atomic_load_n(&lock->state, __ATOMIC_ACQUIRE) == RWLOCK_WRITER) {
            spin_unlock(&lock->drained.lock, irq);
            break;
        }
        status = wait_queue_block(&lock->drained, irq, deadline_ns, 0);
    }
    return status;
}

static int write_until(struct rwlock *lock, uint64_t deadline_ns)
{
    int status = mutex_lock_until(&lock->turn, deadline_ns);

    if (status != 0) {
        return status;
    }
    __atomic_fetch_or(&lock->state, RWLOCK_WRITER, __ATOMIC_ACQUIRE);
    status = drain(lock, deadline_ns);
    if (status != 0) {
        rwlock_write_done(lock);
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
