/* SPDX-License-Identifier: MIT */
/* What can be seen of all threads. */
#ifndef SCHED_REGISTRY_H
#define SCHED_REGISTRY_H

#include <keel/list.h>
#include <keel/thread.h>

struct thread_info {
    uint64_t id;
    enum thread_state state;
    enum priority band;
    bool deadline; /* and no band: it has a promise of CPU time */
    unsigned level;
    unsigned cpu;
    cpumask_t affinity;
    uint64_t cpu_time; /* ns, up to the last tick of the CPU it runs on */
    char name[THREAD_NAME_MAX];
};

/* A place in the list of all threads: a thread's own, or that of a walk. */
struct registered {
    struct list_node node;
    bool is_walk;
};

/* A walk over all threads in the order of their numbers, past those that come and go meanwhile. It holds no
 * lock between two calls. Who begins one ends it. */
struct thread_walk {
    struct registered place;
};

void thread_walk_begin(struct thread_walk *walk);

/* Describes up to `count` threads, the next ones; how many, 0 behind the last. Interrupts are off for as
 * long as that takes, so ask for few. */
size_t thread_walk_next(struct thread_walk *walk, struct thread_info *out, size_t count);

void thread_walk_end(struct thread_walk *walk);

#endif
