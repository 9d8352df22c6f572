/* SPDX-License-Identifier: MIT */
/* What can be seen of all threads. */
#ifndef SCHED_REGISTRY_H
#define SCHED_REGISTRY_H

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

/* Describes up to `count` threads, those with the lowest numbers above `after`; how many. */
size_t thread_list(uint64_t after, struct thread_info *out, size_t count);

#endif
