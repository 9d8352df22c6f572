/* SPDX-License-Identifier: MIT */
/* Mutexes, conditions, once, semaphores and reader-writer locks on futexes. */
#include "futex.h"

#include <keel/errno.h>
#include <keel/sync.h>

#define ALONE                 1u /* in a mutex's state: nobody waits */

#define LOAD(word)            __atomic_load_n(word, __ATOMIC_RELAXED)
#define LOAD_ACQUIRE(word)    __atomic_load_n(word, __ATOMIC_ACQUIRE)
#define ADD(word, n)          __atomic_add_fetch(word, n, __ATOMIC_RELAXED)
#define EXCHANGE(word, value) __atomic_exchange_n(word, value, __ATOMIC_ACQ_REL)

/* Makes *word `value` if it is *expected, and tells what it was. */
static bool become(uint32_t *word, uint32_t *expected, uint32_t value)
{
    return __atomic_compare_exchange_n(word, expected, value, false, __ATOMIC_ACQUIRE,
                                       __ATOMIC_RELAXED);
}

bool keel_mutex_trylock(keel_mutex_t *mutex)
{
    uint32_t state = 0;

    return become(&mutex->state, &state, lib_thread_mark() | ALONE);
}

/* Who has waited takes it as one that others may wait for: it does not know better. */
static int lock_slowly(keel_mutex_t *mutex, keel_time_t deadline)
{
    uint32_t mark = lib_thread_mark(), state = LOAD(&mutex->state);
    int err = 0;

    while (err != -ETIMEDOUT) {
        if (state == 0) {
            if (become(&mutex->state, &state, mark & ~ALONE)) {
                return 0;
            }
            continue;
        }
        if ((state | ALONE) == (mark | ALONE)) {
            lib_mutex_misused("locked by its owner");
        }
        if ((state & ALONE) == 0 || become(&mutex->state, &state, state & ~ALONE)) {
            state &= ~ALONE;
            err = lib_futex_wait(&mutex->state, state, state | ALONE, deadline);
            state = LOAD(&mutex->state);
        }
    }
    return err;
}

int keel_mutex_lock_until(keel_mutex_t *mutex, keel_time_t deadline)
{
    return keel_mutex_trylock(mutex) ? 0 : lock_slowly(mutex, deadline);
}

void keel_mutex_lock(keel_mutex_t *mutex)
{
    (void)keel_mutex_lock_until(mutex, KEEL_TIME_INFINITE);
}

void keel_mutex_unlock(keel_mutex_t *mutex)
{
    uint32_t state = __atomic_exchange_n(&mutex->state, 0, __ATOMIC_RELEASE);

    if ((state | ALONE) != (lib_thread_mark() | ALONE)) {
        lib_mutex_misused("unlocked by another than its owner");
    }
    if ((state & ALONE) == 0) {
        lib_futex_wake(&mutex->state, 1);
    }
}

/* Whom a broadcast may have moved to the mutex may leave others there: it wakes the next when it lets go. */
int keel_cond_wait_until(keel_cond_t *cond, keel_mutex_t *mutex, keel_time_t deadline)
{
    uint32_t events = LOAD(&cond->events);
    int err;

    __atomic_store_n(&cond->mutex, mutex, __ATOMIC_RELAXED);
    __atomic_add_fetch(&cond->waiters, 1, __ATOMIC_SEQ_CST);
    keel_mutex_unlock(mutex);
    err = lib_futex_wait(&cond->events, events, 0, deadline);
    ADD(&cond->waiters, -1u);
    if (LOAD(&cond->broadcasts) == 0) {
        keel_mutex_lock(mutex);
    } else {
        (void)lock_slowly(mutex, KEEL_TIME_INFINITE);
    }
    return err == -ETIMEDOUT ? err : 0;
}

void keel_cond_wait(keel_cond_t *cond, keel_mutex_t *mutex)
{
    (void)keel_cond_wait_until(cond, mutex, KEEL_TIME_INFINITE);
}

/* Sequentially consistent, as the waiter counts itself before it lets the mutex go. Whether anybody waits. */
static bool happen(keel_cond_t *cond, uint32_t *event)
{
    *event = __atomic_add_fetch(&cond->events, 1, __ATOMIC_SEQ_CST);
    return __atomic_load_n(&cond->waiters, __ATOMIC_SEQ_CST) != 0;
}

void keel_cond_signal(keel_cond_t *cond)
{
    uint32_t event;

    if (happen(cond, &event)) {
        lib_futex_wake(&cond->events, 1);
    }
}

/* Where another event comes in between, all are woken. */
void keel_cond_broadcast(keel_cond_t *cond)
{
    uint32_t event;

    __atomic_store_n(&cond->broadcasts, 1, __ATOMIC_SEQ_CST);
    if (happen(cond, &event)) {
        keel_mutex_t *mutex = LOAD(&cond->mutex);

        if (lib_futex_requeue(&cond->events, event, &mutex->state, LOAD(&mutex->state) | ALONE) !=
            0) {
            lib_futex_wake(&cond->events, LIB_FUTEX_ALL);
        }
    }
}

enum {
    ONCE_NEW,
    ONCE_RUNS,
    ONCE_RUNS_WAITED_FOR,
    ONCE_DONE
};

/* False: it is not new any more. */
static bool first(keel_once_t *once, void (*function)(void))
{
    uint32_t state = ONCE_NEW;

    if (!become(&once->state, &state, ONCE_RUNS)) {
        return false;
    }
    function();
    if (EXCHANGE(&once->state, ONCE_DONE) == ONCE_RUNS_WAITED_FOR) {
        lib_futex_wake(&once->state, LIB_FUTEX_ALL);
    }
    return true;
}

void keel_once(keel_once_t *once, void (*function)(void))
{
    uint32_t state = LOAD_ACQUIRE(&once->state);

    if (state == ONCE_DONE || first(once, function)) {
        return;
    }
    while ((state = LOAD_ACQUIRE(&once->state)) != ONCE_DONE) {
        if (state == ONCE_RUNS_WAITED_FOR || become(&once->state, &state, ONCE_RUNS_WAITED_FOR)) {
            (void)lib_futex_wait(&once->state, ONCE_RUNS_WAITED_FOR, 0, KEEL_TIME_INFINITE);
        }
    }
}

void keel_semaphore_post(keel_semaphore_t *semaphore)
{
    __atomic_add_fetch(&semaphore->count, 1, __ATOMIC_SEQ_CST);
    if (__atomic_load_n(&semaphore->waiters, __ATOMIC_SEQ_CST) != 0) {
        lib_futex_wake(&semaphore->count, 1);
    }
}

bool keel_semaphore_trywait(keel_semaphore_t *semaphore)
{
    uint32_t count;

    do {
        count = LOAD(&semaphore->count);
        if (count == 0) {
            return false;
        }
    } while (!become(&semaphore->count, &count, count - 1));
    return true;
}

int keel_semaphore_wait_until(keel_semaphore_t *semaphore, keel_time_t deadline)
{
    int err = 0;

    while (!keel_semaphore_trywait(semaphore)) {
        if (err == -ETIMEDOUT) {
            return err;
        }
        __atomic_add_fetch(&semaphore->waiters, 1, __ATOMIC_SEQ_CST);
        err = lib_futex_wait(&semaphore->count, 0, 0, deadline);
        ADD(&semaphore->waiters, -1u);
    }
    return 0;
}

void keel_semaphore_wait(keel_semaphore_t *semaphore)
{
    (void)keel_semaphore_wait_until(semaphore, KEEL_TIME_INFINITE);
}

void keel_rwlock_read(keel_rwlock_t *lock)
{
    keel_mutex_lock(&lock->mutex);
    while (lock->writing || lock->writers_waiting != 0) {
        keel_cond_wait(&lock->changed, &lock->mutex);
    }
    lock->readers++;
    keel_mutex_unlock(&lock->mutex);
}

void keel_rwlock_read_done(keel_rwlock_t *lock)
{
    keel_mutex_lock(&lock->mutex);
    if (--lock->readers == 0) {
        keel_cond_broadcast(&lock->changed);
    }
    keel_mutex_unlock(&lock->mutex);
}

void keel_rwlock_write(keel_rwlock_t *lock)
{
    keel_mutex_lock(&lock->mutex);
    lock->writers_waiting++;
    while (lock->writing || lock->readers != 0) {
        keel_cond_wait(&lock->changed, &lock->mutex);
    }
    lock->writers_waiting--;
    lock->writing = true;
    keel_mutex_unlock(&lock->mutex);
}

void keel_rwlock_write_done(keel_rwlock_t *lock)
{
    keel_mutex_lock(&lock->mutex);
    lock->writing = false;
    keel_cond_broadcast(&lock->changed);
    keel_mutex_unlock(&lock->mutex);
}
