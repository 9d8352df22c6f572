/* SPDX-License-Identifier: MIT */
/* Threads, their own variables, and how they wait for each other. */
#include "steps.h"

#include <keel/sync.h>
#include <keel/syscalls.h>
#include <keel/threads.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define THREADS  4u
#define ROUNDS   2000u
#define DETACHED 40u
#define MS       1000000ll

/* Starts THREADS threads and gives the sum of their results; -1: one cannot be started or joined. */
static int sum_of(int (*entry)(void *))
{
    keel_thread_t *threads[THREADS];
    int sum = 0, result;

    for (uintptr_t i = 0; i < THREADS; i++) {
        if (keel_thread_run(&threads[i], "tester", entry, (void *)i, 0) != 0) {
            return -1;
        }
    }
    for (unsigned i = 0; i < THREADS; i++) {
        if (keel_thread_join(threads[i], &result) != 0) {
            return -1;
        }
        sum += result;
    }
    return sum;
}

static int square(void *arg)
{
    return (int)((uintptr_t)arg * (uintptr_t)arg);
}

static int end_early(void *arg)
{
    if ((uintptr_t)arg % 2 == 0) {
        keel_thread_end(10);
    }
    return 1;
}

bool threads_give_results(void)
{
    for (unsigned i = 0; i < 10; i++) {
        NEED(sum_of(square) == 0 + 1 + 4 + 9);
    }
    NEED(sum_of(end_early) == 22);
    return true;
}

static _Thread_local int begins_as_seven = 7;
static _Thread_local char zeros[100];
static _Thread_local _Alignas(64) int aligned;

static bool locals_are_new(void)
{
    for (size_t i = 0; i < sizeof(zeros); i++) {
        if (zeros[i] != 0) {
            return false;
        }
    }
    return begins_as_seven == 7 && (uintptr_t)&aligned % 64 == 0 && aligned == 0;
}

static int use_locals(void *arg)
{
    int own = (int)(uintptr_t)arg + 1;

    if (!locals_are_new()) {
        return -1000;
    }
    for (unsigned i = 0; i < 10; i++) {
        begins_as_seven = aligned = own;
        memset(zeros, own, sizeof(zeros));
        (void)keel_nanosleep(keel_clock_get_monotonic() + MS / 10);
        if (begins_as_seven != own || aligned != own || zeros[99] != own) {
            return -1000;
        }
    }
    return 1;
}

bool thread_locals_are_apart(void)
{
    NEED(locals_are_new());
    NEED(sum_of(use_locals) == THREADS);
    NEED(sum_of(use_locals) == THREADS);
    NEED(locals_are_new());
    return true;
}

static keel_mutex_t mutex;
static keel_cond_t cond;
static unsigned counter, arrived;
static bool go;

static int count(void *arg)
{
    for (unsigned i = 0; i < ROUNDS; i++) {
        keel_mutex_lock(&mutex);
        counter++;
        if (i % 100 == 0) {
            (void)keel_thread_legacy_yield(0); /* others come to wait */
        }
        keel_mutex_unlock(&mutex);
    }
    return 1;
}

bool mutexes_keep_others_out(void)
{
    counter = 0;
    NEED(sum_of(count) == THREADS);
    NEED(counter == THREADS * ROUNDS);
    return true;
}

static int wait_for_go(void *arg)
{
    keel_mutex_lock(&mutex);
    if (++arrived == THREADS) {
        go = true;
        keel_cond_broadcast(&cond);
    }
    while (!go) {
        keel_cond_wait(&cond, &mutex);
    }
    keel_mutex_unlock(&mutex);
    return 1;
}

bool conditions_wake_all(void)
{
    int64_t soon = keel_clock_get_monotonic() + 5 * MS;

    for (unsigned i = 0; i < 8; i++) {
        arrived = 0;
        go = false;
        NEED(sum_of(wait_for_go) == THREADS);
    }
    keel_mutex_lock(&mutex);
    while (keel_cond_wait_until(&cond, &mutex, soon) == 0) {
    }
    keel_mutex_unlock(&mutex);
    NEED(keel_clock_get_monotonic() >= soon);
    return true;
}

static keel_semaphore_t done;

static int post_done(void *arg)
{
    keel_semaphore_post(&done);
    return 0;
}

bool detached_threads_leave_nothing(void)
{
    for (unsigned i = 0; i < DETACHED; i++) {
        keel_thread_t *thread;

        NEED(keel_thread_run(&thread, "detached", post_done, NULL, 1 << 20) == 0);
        keel_thread_detach(thread);
        keel_semaphore_wait(&done);
    }
    return true;
}

/* Four side by side in a word, each changed by a thread of its own; and one by all. */
static _Atomic uint8_t bytes[THREADS], all_bytes;
static _Atomic uint16_t half;
static atomic_flag flag = ATOMIC_FLAG_INIT;
static unsigned under_flag;

static int change_bytes(void *arg)
{
    for (unsigned i = 0; i < ROUNDS; i++) {
        uint16_t seen = half;

        bytes[(uintptr_t)arg]++;
        atomic_fetch_xor(&all_bytes, 1u << (uintptr_t)arg);
        while (!atomic_compare_exchange_weak(&half, &seen, (uint16_t)(seen + 1))) {
        }
        while (atomic_flag_test_and_set(&flag)) {
            (void)keel_thread_legacy_yield(0);
        }
        under_flag++;
        atomic_flag_clear(&flag);
    }
    return atomic_exchange(&bytes[(uintptr_t)arg], 1) == (uint8_t)ROUNDS;
}

bool bytes_are_atomic(void)
{
    NEED(sum_of(change_bytes) == THREADS);
    NEED(bytes[0] == 1 && bytes[THREADS - 1] == 1 && all_bytes == 0);
    NEED(half == THREADS * ROUNDS && under_flag == THREADS * ROUNDS);
    return true;
}
