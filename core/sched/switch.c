/* SPDX-License-Identifier: MIT */
/* From thread to thread: the switch itself, what leads to it, and waiting. */
#include "switch.h"
#include "deadline.h"
#include "lend.h"

#include <keel/irq.h>
#include <keel/panic.h>
#include <keel/smp.h>

#define BALANCE_TICKS 4u /* of 10 ms, from one look at the others' queues to the next */

void sched_finish_slow(struct sched_cpu *sched, struct thread *prev)
{
    enum thread_after after = (enum thread_after)prev->after;

    prev->after = AFTER_NOTHING;
    if (deadline_is_special(prev)) {
        deadline_left(sched, prev);
    }
    sched_unlock(sched);
    if (after == AFTER_FREE) {
        thread_unregister(prev);
        thread_stock_give(prev);
    } else if (after == AFTER_MOVE) {
        (void)sched_make_ready(prev, BIT(THREAD_READY));
    }
}

void sched_charge_current(void *unused)
{
    struct sched_cpu *sched = sched_here();

    (void)unused;
    sched_lock(sched);
    sched_charge(sched, sched->current);
    sched_unlock(sched);
}

/* Charges the one that is left, and goes. This CPU is locked. */
static __always_inline void go(struct sched_cpu *sched, struct thread *prev, struct thread *next)
{
    sched_charge(sched, prev);
    sched_go(sched, prev, next);
}

void sched_leave(struct sched_cpu *sched)
{
    struct thread *prev = sched->current, *next = sched->idle;
    struct entity *first = runqueue_take(&sched->queue);

    if (likely(first != NULL)) {
        next = container_of(first, struct thread, entity);
    }
    sched->resched = false;
    sched->over = false;
    next->state = THREAD_RUNNING;
    if (unlikely(next == prev)) {
        sched_publish_level(sched);
        sched_unlock(sched);
        return;
    }
    go(sched, prev, next);
}

void sched_arrive(struct thread *prev)
{
    sched_finish(prev);
}

static __noinline void set_aside_unusual(struct sched_cpu *sched, struct thread *thread)
{
    if (thread->suspends != 0) {
        thread->state = THREAD_SUSPENDED;
    } else if (!sched_admits(sched, thread)) {
        thread->state = THREAD_READY;
        thread->after = AFTER_MOVE;
    } else if (deadline_is_special(thread)) {
        deadline_enter(sched, thread);
    }
}

/* What becomes of a running thread that is to be left. Its CPU is locked. */
static __always_inline void set_aside(struct sched_cpu *sched, struct thread *thread, bool last)
{
    if (thread == sched->idle) {
        thread->state = THREAD_READY; /* but never queued */
        return;
    }
    if (unlikely(thread->unusual != 0)) {
        set_aside_unusual(sched, thread);
        return;
    }
    thread->state = THREAD_READY;
    if (unlikely(!sched_admits(sched, thread))) {
        thread->after = AFTER_MOVE;
    } else if (last || sched->over) {
        runqueue_add(&sched->queue, &thread->entity);
    } else {
        runqueue_add_first(&sched->queue, &thread->entity);
    }
}

void sched_give_way(bool last)
{
    struct sched_cpu *sched = sched_here();

    sched_lock(sched);
    set_aside(sched, sched->current, last);
    sched_leave(sched);
}

/* What take_turns() seldom comes to. */
static __noinline void step_aside(struct sched_cpu *sched, struct thread *self)
{
    set_aside(sched, self, true);
    sched_leave(sched);
}

/* It is the turn of others of its level, if there are any. What else may be wanted of the thread comes
 * with `resched`. This CPU is locked. */
static __always_inline void take_turns(struct sched_cpu *sched, struct thread *self)
{
    struct thread *next;

    if (unlikely(sched->resched || !runqueue_has_from(&sched->queue, self->entity.level))) {
        step_aside(sched, self);
        return;
    }
    self->state = THREAD_READY;
    next = container_of(runqueue_exchange(&sched->queue, &self->entity), struct thread, entity);
    next->state = THREAD_RUNNING;
    go(sched, self, next);
}

void thread_yield(void)
{
    unsigned long irq;
    struct thread *self = current_thread();
    struct sched_cpu *sched;

    lock_check_sleep();
    irq = arch_irq_save();
    sched = self->sched;
    DEBUG_ASSERT(self->head.preempt_off == 0);
    if (runqueue_has_from(&sched->queue, self->entity.level) || sched->resched) {
        sched_lock(sched);
        take_turns(sched, self);
    }
    arch_irq_restore(irq);
}

/* --- Preemption --- */

static void preempt(struct thread *self)
{
    self->sched->preemptions++;
    sched_give_way(false);
}

void sched_interrupt_exit(bool preemptible)
{
    struct thread *self = current_thread();

    if (self->sched->resched && preemptible && self->head.preempt_off == 0) {
        preempt(self);
    }
}

void sched_resched(void)
{
    struct thread *self = current_thread();
    unsigned long irq;

    if (likely(!READ_ONCE(READ_ONCE(self->sched)->resched)) || self->head.preempt_off != 0) {
        return;
    }
    if (!arch_irq_enabled()) {
        if (!irq_in_handler()) {
            ipi_send(cpumask_of(self->sched->cpu), IPI_RESCHEDULE);
        }
        return;
    }
    irq = arch_irq_save();
    if (self->sched->resched) {
        preempt(self);
    }
    arch_irq_restore(irq);
}

void preempt_disable(void)
{
    struct thread_head *head = current_head();

    WRITE_ONCE(head->preempt_off, head->preempt_off + 1);
    barrier();
}

void preempt_enable(void)
{
    struct thread_head *head = current_head();

    DEBUG_ASSERT(head->preempt_off != 0);
    barrier();
    WRITE_ONCE(head->preempt_off, head->preempt_off - 1);
    sched_resched();
}

/* --- Becoming ready --- */

/* One that is suspended, or has to do with deadlines. `sched`, its CPU, is locked, and let go. */
static __noinline bool make_unusual_ready(struct sched_cpu *sched, struct thread *thread)
{
    unsigned state = thread->state;
    struct sched_cpu *to = sched;

    if (thread->suspends != 0) {
        thread->state = THREAD_SUSPENDED;
    } else if (deadline_is_special(thread)) {
        to = sched_choose(thread);
        if (to != sched && !sched_transfer(sched, to, thread)) {
            return sched_make_ready(thread, BIT(state));
        }
        deadline_enter(to, thread);
        trace_point(TRACE_WAKE, to->cpu, thread->id, thread->entity.level);
    }
    sched_unlock(to);
    return true;
}

bool sched_make_ready(struct thread *thread, unsigned states)
{
    struct sched_cpu *sched, *to;

    do {
        sched = sched_lock_thread(thread);
        if ((states & BIT(thread->state)) == 0) {
            sched_unlock(sched);
            return false;
        }
        if (unlikely(thread->unusual != 0)) {
            return make_unusual_ready(sched, thread);
        }
        to = sched_choose(thread);
    } while (to != sched && !sched_transfer(sched, to, thread));
    if ((BIT(thread->state) & SCHED_WAITING) != 0) {
        entity_wake(&thread->entity);
    }
    thread->state = THREAD_READY;
    trace_point(TRACE_WAKE, to->cpu, thread->id, thread->entity.level);
    runqueue_add(&to->queue, &thread->entity);
    if (thread->entity.level > to->current->entity.level) {
        sched_kick(to);
    }
    sched_unlock(to);
    return true;
}

void sched_relevel(struct sched_cpu *sched, struct thread *thread)
{
    const struct entity *e = &thread->entity;

    runqueue_relevel(&sched->queue, &thread->entity);
    sched_publish_level(sched);
    if (e->queued ? e->level > sched->current->entity.level
                  : sched->current == thread && runqueue_has_from(&sched->queue, e->level + 1u)) {
        sched_kick(sched);
    }
}

/* --- Ticks --- */

/* What ticks of 10 ms, one if none was late, mean for the one who runs and those who wait. This CPU is locked. */
static void tick(struct sched_cpu *sched, uint64_t ticks)
{
    struct thread *current = sched->current;
    bool over = false;

    if (current != sched->idle) {
        sched_charge(sched, current);
        over = entity_tick(&current->entity);
        if (unlikely(over && current->entity.lent != 0)) {
            lend_end(sched, current);
        }
        sched_publish_level(sched);
    }
    if (runqueue_tick(&sched->queue, ticks)) {
        sched->resched |= current->entity.level < LEVEL_RESCUE;
    }
    if (runqueue_has_from(&sched->queue, current->entity.level + !over)) {
        sched->resched = true;
        sched->over |= over;
    }
}

/* Ready threads here, and CPUs with nothing to do or less: one of them comes and takes one. */
static void balance(struct sched_cpu *sched)
{
    cpumask_t idle = __atomic_load_n(&sched_idle, __ATOMIC_RELAXED);

    if (idle != 0 && sched->queue.count != 0) {
        ipi_send(cpumask_of(cpumask_first(idle)), IPI_RESCHEDULE);
    } else if (sched->queue.ticks % BALANCE_TICKS == sched->cpu % BALANCE_TICKS) {
        (void)sched_pull(sched);
    }
}

void sched_tick(uint64_t now_ns)
{
    struct sched_cpu *sched = sched_here();
    uint64_t ticks = 1;

    if (sched->tick_ns == 0) {
        /* The first since it was idle: half of one before it counts. */
        sched->tick_ns = now_ns - SCHED_TICK_NS / 2;
    } else {
        ticks = (now_ns - sched->tick_ns) / SCHED_TICK_NS;
        if (ticks == 0) {
            return; /* the timer ticks more often */
        }
        sched->tick_ns += ticks * SCHED_TICK_NS;
    }
    sched_lock(sched);
    tick(sched, ticks);
    sched_unlock(sched);
    balance(sched);
}
