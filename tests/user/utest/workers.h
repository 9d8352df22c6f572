/* SPDX-License-Identifier: MIT */
/* Threads and processes beside the one that tests. */
#ifndef TESTS_USER_WORKERS_H
#define TESTS_USER_WORKERS_H

#include "fixtures.h"

/* This process; the handle is never closed. */
keel_handle_t self(void);

/* --- Threads of this process --- */

struct worker {
    keel_handle_t thread;
    uint64_t stack;
};

/* A thread that runs entry(first, second), which ends with keel_thread_exit(). False: there is none. */
bool start_worker(struct worker *worker, void (*entry)(uint64_t, uint64_t), uint64_t first,
                  uint64_t second);

/* Waits for its end. */
void join_worker(struct worker *worker);

/* Waits until a thread waits in a call, with patience; false: failed the test. */
bool await_blocked(keel_handle_t thread);

/* Sleeps a while that differs from round to round, at times not at all, for what is to meet. */
void stagger(unsigned round);

/* --- Processes --- */

/* What a process does that is started at `call`: the call, whose result is its end. Its first argument is the
 * handle that the process was started with, if it was with one. */
struct child_call {
    uint64_t number;
    uint64_t argument[6];
    int64_t result; /* in the child's memory, once it was made */
};

struct child {
    keel_handle_t process, vmar, thread;
    keel_handle_t memory; /* CHILD_MEMORY bytes, at `base` there */
    uint64_t entry;       /* ends with the second argument */
    uint64_t call, spin;  /* makes its call; goes round for ever */
    uint64_t base;
};

#define CHILD_MEMORY (2 * PAGE)
#define CHILD_SECOND PAGE /* where the second page is free for tests */

/* A process in a job that has not been started, with a thread. Closed by end_child(). */
struct child new_child(keel_handle_t job);
void end_child(struct child child);

/* Starts it: it makes the call. `handle` goes to it, if there is one. */
int start_call(struct child *child, const struct child_call *call, keel_handle_t handle);

/* What its call has given; of a child that has ended. */
int64_t result_of(const struct child *child);

/* Waits for the end of a job, a process or a thread. */
void wait_for_end(keel_handle_t task);

#endif
