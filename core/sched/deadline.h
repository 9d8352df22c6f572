/* SPDX-License-Identifier: MIT */
/* Threads with a promise of CPU time, and those that inherit their level: what the scheduler has to do
 * for special threads. All with the lock of the thread's CPU held, interrupts off. */
#ifndef SCHED_DEADLINE_H
#define SCHED_DEADLINE_H

#include "cbs.h"
#include "thread_internal.h"

/* Kept with the thread's memory once it has been needed; valid while the thread is SPECIAL_PROMISED, which
 * is then bound to one CPU. */
struct promise {
    struct cbs cbs;
    struct list_node node; /* of its CPU's list `spent` */
    struct thread *thread;
    cpumask_t affinity; /* the thread's own, while it is bound */
    uint32_t share;
    uint8_t band; /* the thread's own, while that is PRIORITY_IDLE */
};

/* Before a CPU's first thread. */
void deadline_init(struct sched_cpu *sched);

/* Makes a thread ready, or Throttled, that waited, was stopped, or is left by its CPU. */
void deadline_enter(struct sched_cpu *sched, struct thread *thread);

/* What decides on the level of a thread has changed. */
void deadline_relevel(struct sched_cpu *sched, struct thread *thread);

/* This CPU has left it. */
void deadline_left(struct sched_cpu *sched, struct thread *thread);

/* It inherits a level, and is special, or becomes so. */
void deadline_boost(struct sched_cpu *sched, struct thread *thread, unsigned level);

/* Gives a thread a promise, its first or another one; deadline_relevel() is to follow. -EINVAL, -ENOSPC. */
int deadline_begin(struct sched_cpu *sched, struct thread *thread,
                   const struct thread_deadline *wanted);

/* Takes it back; deadline_relevel() is to follow, though it may be special no more. -EINVAL: it has none. */
int deadline_end(struct thread *thread);

/* What is tested before any of the above is called for a thread that may be like most. */
static inline bool deadline_is_special(const struct thread *thread)
{
    return IS_ENABLED(CONFIG_SCHED_DEADLINE) && thread->special != 0;
}

static inline bool deadline_is_promised(const struct thread *thread)
{
    return IS_ENABLED(CONFIG_SCHED_DEADLINE) && (thread->special & SPECIAL_PROMISED) != 0;
}

#endif
