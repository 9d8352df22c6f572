/* SPDX-License-Identifier: MIT */
/* Waiting in calls, and going straight from who calls to who answers, and back. All within one
 * section with interrupts off, from the caller's lock to the other thread. */
#include "lend.h"
#include "switch.h"

#include <keel/call_wait.h>
#include <keel/panic.h>

/* --- Going straight --- */

/* Makes a thread that waits, and may run here, this CPU's: it is locked, maybe not all the time, and is
 * in the end. False: it did not work. */
static __noinline bool fetch(struct sched_cpu *here, struct thread *thread)
{
    struct sched_cpu *from;

    sched_unlock(here);
    from = sched_lock_thread(thread);
    if (from == here) {
        return true;
    }
    if (thread->state == THREAD_IN_CALL && thread->unusual == 0 && sched_admits(here, thread)) {
        if (sched_transfer(from, here, thread)) {
            return true;
        }
    } else {
        sched_unlock(from);
    }
    sched_lock(here);
    return false;
}

/*
 * Whether this CPU, which is locked, may leave `self` for `to` without a look at its queue: `to` waits, and may
 * run here; nobody is more urgent; and neither has to do with deadlines, or is to be stopped or moved.
 */
static __always_inline bool may_go(struct sched_cpu *sched, struct thread *self, struct thread *to,
                                   bool lends)
{
    unsigned level;

    if (unlikely(to->sched != sched) && !fetch(sched, to)) {
        return false;
    }
    if (unlikely((self->unusual | to->unusual) != 0 || to->state != THREAD_IN_CALL ||
                 !sched_admits(sched, to) || sched->resched)) {
        return false;
    }
    if (unlikely((self->entity.odd | to->entity.odd) != 0)) {
        if (self->entity.cancelled || to->entity.cancelled) {
            return false;
        }
        lend_give_back(sched, self, lends);
    }
    level = to->entity.level;
    if (lends && unlikely(self->entity.level > level)) {
        level = self->entity.level;
        lend_level(to, level);
    }
    return likely(!runqueue_has_from(&sched->queue, level + 1));
}

/* Leaves for `to`, with what is left of the slice. This CPU is locked. */
static __always_inline void go_straight(struct sched_cpu *sched, struct thread *self,
                                        struct thread *to)
{
    uint64_t now = arch_cputime_counter();
    uint64_t cpu_time = self->entity.cpu_time + now - sched->since;

    trace_point(TRACE_WAKE, sched->cpu, to->id, to->entity.level);
    self->state = THREAD_IN_CALL;
    to->state = THREAD_RUNNING;
    to->entity.slice_end = to->entity.cpu_time + self->entity.slice_end - cpu_time;
    self->entity.cpu_time = cpu_time;
    sched->since = now;
    sched_go(sched, self, to);
}

/* Waits as others do. This CPU is locked. */
static void leave(struct sched_cpu *sched, struct thread *self, bool lends)
{
    if (unlikely(self->entity.cancelled)) {
        self->timed_out = true;
        sched_unlock(sched);
        return;
    }
    if (unlikely(self->entity.odd != 0)) {
        lend_give_back(sched, self, lends);
    }
    self->state = THREAD_IN_CALL;
    sched_leave(sched);
}

static __noinline void leave_normally(struct sched_cpu *sched, struct thread *self,
                                      struct thread *to, struct spinlock *lock, bool lends)
{
    if (to) {
        sched_unlock(sched);
        (void)sched_make_ready(to, BIT(THREAD_IN_CALL));
        sched_lock(sched);
    }
    spin_unlock_irqoff(lock);
    leave(sched, self, lends);
}

static __always_inline void wait_for(struct thread *self, struct thread *to, struct spinlock *lock,
                                     bool lends)
{
    struct sched_cpu *sched = self->sched;

    if (IS_ENABLED(CONFIG_LOCK_CHECK)) {
        lock_check_block();
    }
    DEBUG_ASSERT(self->head.preempt_off == 0);
    self->timed_out = false;
    sched_lock(sched);
    if (unlikely(!to) || unlikely(!may_go(sched, self, to, lends))) {
        leave_normally(sched, self, to, lock, lends);
    } else {
        spin_unlock_irqoff(lock);
        go_straight(sched, self, to);
    }
}

static __noinline bool wait_until(struct thread *to, bool lends, struct spinlock *lock,
                                  unsigned long irq, uint64_t deadline_ns, uint64_t slack_ns)
{
    struct thread *self = current_thread();

    timer_set(&self->timer, deadline_ns, slack_ns);
    wait_for(self, to, lock, lends);
    timer_cancel_sync(&self->timer);
    arch_irq_restore(irq);
    return !self->timed_out;
}

bool call_wait_for(struct thread *to, bool lends, struct spinlock *lock, unsigned long irq,
                   uint64_t deadline_ns, uint64_t slack_ns)
{
    struct thread *self = current_thread();

    if (unlikely(deadline_ns != TIMER_NEVER)) {
        return wait_until(to, lends, lock, irq, deadline_ns, slack_ns);
    }
    wait_for(self, to, lock, lends);
    arch_irq_restore(irq);
    return !self->timed_out;
}

/* --- The end of processes --- */

void thread_cancel_waits(struct thread *thread)
{
    unsigned long irq = arch_irq_save();
    struct sched_cpu *sched = sched_lock_thread(thread);

    thread->entity.cancelled = true;
    if (thread->state == THREAD_IN_CALL) {
        thread->timed_out = true; /* whether or not somebody else wakes it first */
    }
    sched_unlock(sched);
    (void)sched_make_ready(thread, BIT(THREAD_IN_CALL));
    arch_irq_restore(irq);
}

bool thread_is_cancelled(void)
{
    return READ_ONCE(current_thread()->entity.cancelled);
}
