/* SPDX-License-Identifier: MIT */
/* How the threads of a process wait for each other. All of it may be zero to begin with (static, calloc) and need
 * not be destroyed; what nobody waits for costs no system call. Deadlines are times of the monotonic clock. Any
 * thread. */
#ifndef KEEL_SYNC_H
#define KEEL_SYNC_H

#include <keel/base.h>
#include <stdbool.h>
#include <stdint.h>

/* One thread at a time. Who has it runs at the priority of the highest that waits for it. */
typedef struct keel_mutex {
    uint32_t state; /* 0, or the owner's mark; its lowest bit is 0 where others may wait */
} keel_mutex_t;

/* Waits; a thread that has it already ends the program. */
void keel_mutex_lock(keel_mutex_t *mutex);
/* 0, or -ETIMEDOUT. */
int keel_mutex_lock_until(keel_mutex_t *mutex, keel_time_t deadline);
bool keel_mutex_trylock(keel_mutex_t *mutex);
/* By who has it. */
void keel_mutex_unlock(keel_mutex_t *mutex);

/* Waiting for something that a mutex protects. */
typedef struct keel_cond {
    uint32_t events, waiters;
    uint32_t broadcasts; /* not 0: there was one */
    keel_mutex_t *mutex; /* of the last who waited */
} keel_cond_t;

/* Lets the mutex go and waits; has it again afterwards, whatever the result. May end without reason: look
 * again. 0, or -ETIMEDOUT. */
int keel_cond_wait_until(keel_cond_t *cond, keel_mutex_t *mutex, keel_time_t deadline);
void keel_cond_wait(keel_cond_t *cond, keel_mutex_t *mutex);
/* Wakes one that waits, or all: of those one at a time, each by him who lets the mutex go. All who wait at a time
 * bring the same mutex, which lives until calls for the condition have returned. */
void keel_cond_signal(keel_cond_t *cond);
void keel_cond_broadcast(keel_cond_t *cond);

/* Something to be done once, by whoever comes first; the others wait until it is done. */
typedef struct keel_once {
    uint32_t state;
} keel_once_t;

void keel_once(keel_once_t *once, void (*function)(void));

/* A number that is never below 0. */
typedef struct keel_semaphore {
    uint32_t count, waiters;
} keel_semaphore_t;

void keel_semaphore_post(keel_semaphore_t *semaphore);
void keel_semaphore_wait(keel_semaphore_t *semaphore);
/* 0, or -ETIMEDOUT. */
int keel_semaphore_wait_until(keel_semaphore_t *semaphore, keel_time_t deadline);
bool keel_semaphore_trywait(keel_semaphore_t *semaphore);

/* Many readers or one writer; readers that come later wait for a writer that waits. */
typedef struct keel_rwlock {
    keel_mutex_t mutex;
    keel_cond_t changed;
    uint32_t readers, writers_waiting;
    bool writing;
} keel_rwlock_t;

void keel_rwlock_read(keel_rwlock_t *lock);
void keel_rwlock_read_done(keel_rwlock_t *lock);
void keel_rwlock_write(keel_rwlock_t *lock);
void keel_rwlock_write_done(keel_rwlock_t *lock);

#endif
