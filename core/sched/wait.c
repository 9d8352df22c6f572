/* SPDX-License-Identifier: MIT */
/* Waiting: for others, as the locks of core/sync do, and for a time. */
#include "deadline.h"
#include "thread_internal.h"

#include <keel/clock.h>
#include <keel/errno.h>
#include <keel/panic.h>

/* A thread's timer: the end of its sleep, or its patience. The timer is cancelled before the thread
 * waits again, so this is about the wait that it was set for. */
static void expired(struct timer *timer)
{
    struct thread *thread = container_of(timer, struct thread, timer);

    if (sched_make_ready(thread, SCHED_WAITING)) {
        thread->timed_out = true;
    }
}

void thread_timer_init(struct thread *thread)
{
    timer_init(&thread->timer, expired);
}

static bool block(struct waiter *waiter, struct spinlock *lock, unsigned long irq,
                  uint64_t deadline_ns, uint64_t slack_ns)
{
    struct thread *self = current_thread();
    struct sched_cpu *sched = self->sched;

    (void)waiter;
    DEBUG_ASSERT(self->head.preempt_off == 0);
    self->timed_out = false;
    if (deadline_ns != TIMER_NEVER) {
        timer_set(&self->timer, deadline_ns, slack_ns);
    }
    sched_lock(sched);
    self->state = THREAD_BLOCKED;
    spin_unlock_irqoff(lock);
    sched_leave(sched);
    if (deadline_ns != TIMER_NEVER) {
        timer_cancel_sync(&self->timer);
    }
    arch_irq_restore(irq);
    return !self->timed_out;
}

static void wake(struct thread *thread)
{
    (void)sched_make_ready(thread, SCHED_WAITING & ~BIT(THREAD_SLEEPING));
}

int thread_sleep_until(uint64_t deadline_ns, uint64_t slack_ns)
{
    unsigned long irq;
    struct thread *self = current_thread();

    lock_check_sleep();
    irq = arch_irq_save();
    if (clock_ns() < deadline_ns) {
        struct sched_cpu *sched = self->sched;

        timer_set(&self->timer, deadline_ns, slack_ns);
        sched_lock(sched);
        self->state = THREAD_SLEEPING;
        sched_leave(sched);
        timer_cancel_sync(&self->timer);
    }
    arch_irq_restore(irq);
    return 0;
}

int thread_sleep(uint64_t ns)
{
    uint64_t now = clock_ns();

    return thread_sleep_until(ns < TIMER_NEVER - now ? now + ns : TIMER_NEVER, 0);
}

/* --- What core/sync asks for --- */

static unsigned urgency(const struct thread *thread)
{
    return likely(!thread->entity.rescued) ? thread->entity.level : entity_urgency(&thread->entity);
}

static void boost(struct thread *thread, unsigned level)
{
    struct sched_cpu *sched = sched_lock_thread(thread);

    if (IS_ENABLED(CONFIG_SCHED_DEADLINE) &&
        unlikely((thread->special | (level >= LEVEL_DEADLINE)) != 0)) {
        deadline_boost(sched, thread, level);
    } else {
        thread->entity.boost = (uint8_t)MAX(level, (unsigned)thread->entity.lent);
        sched_relevel(sched, thread);
    }
    sched_unlock(sched);
}

static struct lock_state *locks(struct thread *thread)
{
    return &thread->locks;
}

const struct wait_ops sched_wait_ops = {
    .block = block,
    .wake = wake,
    .resched = sched_resched,
    .current = current_thread,
    .urgency = urgency,
    .boost = boost,
    .locks = locks,
};
