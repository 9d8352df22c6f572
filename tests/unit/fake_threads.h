/* SPDX-License-Identifier: MIT */
/* A scheduler for what threads wait for each other with: each thread is one of the host's. */
#ifndef TESTS_UNIT_FAKE_THREADS_H
#define TESTS_UNIT_FAKE_THREADS_H

#include <keel/call_wait.h>
#include <keel/percpu.h>
#include <keel/wait.h>
#include <pthread.h>

struct thread {
    struct thread_head head;
    pthread_t host;
    pthread_mutex_t mutex; /* of ready and blocked */
    pthread_cond_t cond;
    bool ready;
    bool blocked;
    bool cancelled;
    unsigned own;     /* urgency */
    unsigned boosted; /* by inheritance */
    struct lock_state locks;
    void (*run)(struct thread *thread);
    void *arg;
    uint64_t seed;
    unsigned number;
};

/* Makes the calling thread one, and the scheduler known. */
void fake_threads_init(struct thread *self);

void fake_thread_start(struct thread *thread, unsigned urgency, void (*run)(struct thread *thread));
void fake_thread_join(struct thread *thread);

/* Returns when it waits for something. */
void fake_thread_await_block(struct thread *thread);

unsigned fake_thread_urgency(const struct thread *thread);

/* The next number of its sequence, below limit. */
uint64_t fake_random(struct thread *thread, uint64_t limit);

#endif
