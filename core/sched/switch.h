/* SPDX-License-Identifier: MIT */
/* The switch itself, for the files that know to whom they switch. Interrupts off. */
#ifndef SCHED_SWITCH_H
#define SCHED_SWITCH_H

#include "thread_internal.h"

#include <keel/aspace.h>
#include <keel/aspace_switch.h>
#include <keel/fpu.h>
#include <keel/trace.h>

/* What has to be done with the thread that this CPU has left, whose lock it holds; gives that up. */
void sched_finish_slow(struct sched_cpu *sched, struct thread *prev);

/* On the new thread, with the lock that the one before it took. */
static inline void sched_finish(struct thread *prev)
{
    struct sched_cpu *sched = sched_here();

    if (unlikely(prev->when_left != 0)) {
        sched_finish_slow(sched, prev);
    } else {
        sched_unlock(sched);
    }
}

/* Goes from one thread, which has been charged, to another; both know what they are. This CPU is locked;
 * returns when the thread is back, with no lock, maybe on another CPU. */
static __always_inline void sched_go(struct sched_cpu *sched, struct thread *prev,
                                     struct thread *next)
{
    trace_point(TRACE_SWITCH, sched_state_shown(prev->state), prev->id, next->id);
    sched->switches++;
    sched->current = next;
    sched_publish_level(sched);
    if (unlikely(prev->head.fpu != next->head.fpu)) {
        arch_fpu_switch(prev->head.fpu, next->head.fpu);
    }
    if (unlikely(prev->head.space != next->head.space)) {
        aspace_load(prev->head.space, next->head.space);
    }
    arch_set_current(&next->head);
    sched_finish((struct thread *)arch_context_switch(&prev->context, &next->context, &prev->head));
}

/* All of it but the last step, where that takes no calls; else false, and sched_go() follows. */
static __always_inline bool sched_go_quick(struct sched_cpu *sched, struct thread *prev,
                                           struct thread *next)
{
    if (prev->head.space != next->head.space &&
        !aspace_load_quick(sched->cpu, prev->head.space, next->head.space)) {
        return false;
    }
    if (prev->head.fpu != next->head.fpu &&
        !arch_fpu_switch_quick(prev->head.fpu, next->head.fpu)) {
        return false;
    }
    trace_point(TRACE_SWITCH, sched_state_shown(prev->state), prev->id, next->id);
    sched->switches++;
    sched->current = next;
    sched_publish_level(sched);
    arch_set_current(&next->head);
    return true;
}

#endif
