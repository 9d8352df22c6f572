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
static bool may_go(struct sched_cpu *sched, struct thread *self, struct thread *to, bool lends)
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

/* What is left of the slice is `to`'s, which runs from now on. This CPU is locked. */
static __always_inline void charge_straight(struct sched_cpu *sched, struct thread *self,
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
}

/* Leaves for `to`. This CPU is locked. */
static void go_straight(struct sched_cpu *sched, struct thread *self, struct thread *to)
{
    charge_straight(sched, self, to);
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

static __always_inline void begin_wait(struct thread *self)
{
    if (IS_ENABLED(CONFIG_LOCK_CHECK)) {
        lock_check_block();
    }
    DEBUG_ASSERT(self->head.preempt_off == 0);
    self->timed_out = false;
}

/* Waits in one of the ways that are not the fast one. This CPU is locked. NULL, for call_arrive(). */
static __noinline struct thread *leave_slowly(struct sched_cpu *sched, struct thread *to,
                                              struct spinlock *lock, bool lends)
{
    struct thread *self = current_thread();

    if (!may_go(sched, self, to, lends)) {
        leave_normally(sched, self, to, lock, lends);
    } else {
        spin_unlock_irqoff(lock);
        go_straight(sched, self, to);
    }
    return NULL;
}

/* The same where there is nobody to go to, and it is not locked. */
static __noinline struct thread *leave_alone(struct spinlock *lock, bool lends)
{
    struct thread *self = current_thread();

    begin_wait(self);
    sched_lock(self->sched);
    leave_normally(self->sched, self, NULL, lock, lends);
    return NULL;
}

/* Once this CPU's lock has been drawn for. */
static __noinline struct thread *leave_in_turn(struct sched_cpu *sched, struct thread *to,
                                               struct spinlock *lock, bool lends, uint32_t ticket)
{
    spin_wait_turn(&sched->lock, ticket);
    return leave_slowly(sched, to, lock, lends);
}

/* What is between the two is known to both, and the lock let go: the switch by function calls. */
static __noinline struct thread *switch_slowly(struct sched_cpu *sched, struct thread *self,
                                               struct thread *to)
{
    sched_go(sched, self, to);
    return NULL;
}

/* Whether this CPU, which is locked, may leave `self` for `to` at once: as may_go(), where nothing is to be done. */
static __always_inline bool may_go_at_once(struct sched_cpu *sched, const struct thread *self,
                                           const struct thread *to, bool lends)
{
    unsigned level = to->entity.level;

    return to->sched == sched && (self->unusual | to->unusual) == 0 &&
           to->state == THREAD_IN_CALL && sched_admits(sched, to) && !sched->resched &&
           (self->entity.odd | to->entity.odd) == 0 && (!lends || self->entity.level <= level) &&
           !runqueue_has_from(&sched->queue, level + 1);
}

/* On the way of every call: what is seldom is left to functions that it ends in, so that it saves no
 * registers. */
struct thread *call_leave(struct thread *to, bool lends, struct spinlock *lock)
{
    struct thread *self = current_thread();
    struct sched_cpu *sched = self->sched;
    uint32_t ticket = arch_fetch_add(&sched->lock.drawn, 1);

    begin_wait(self);
    if (unlikely(__atomic_load_n(&sched->lock.served, __ATOMIC_ACQUIRE) != ticket)) {
        return leave_in_turn(sched, to, lock, lends, ticket);
    }
    if (unlikely(!may_go_at_once(sched, self, to, lends))) {
        return leave_slowly(sched, to, lock, lends);
    }
    spin_unlock_irqoff(lock);
    charge_straight(sched, self, to);
    if (unlikely(!sched_go_quick(sched, self, to))) {
        return switch_slowly(sched, self, to);
    }
    return (struct thread *)arch_context_switch(&self->context, &to->context, &self->head);
}

static __noinline bool arrive_slowly(struct thread *left)
{
    sched_finish_slow(sched_here(), left);
    return !current_thread()->timed_out;
}

bool call_arrive(struct thread *left)
{
    struct thread *self = current_thread();

    if (likely(left != NULL)) {
        if (unlikely(left->when_left != 0)) {
            return arrive_slowly(left);
        }
        sched_unlock(self->sched);
    }
    return !self->timed_out;
}

/* Until somebody wakes it; false: the time was up, or the process ends. */
static __always_inline bool wait_for(struct thread *to, bool lends, struct spinlock *lock)
{
    return call_arrive(likely(to) ? call_leave(to, lends, lock) : leave_alone(lock, lends));
}

static __noinline bool wait_until(struct thread *to, bool lends, struct spinlock *lock,
                                  unsigned long irq, uint64_t deadline_ns, uint64_t slack_ns)
{
    struct thread *self = current_thread();

    timer_set(&self->timer, deadline_ns, slack_ns);
    (void)wait_for(to, lends, lock);
    timer_cancel_sync(&self->timer);
    if (self->timed_out) {
        self->wait_deadline = deadline_ns;
    }
    arch_irq_restore(irq);
    return !self->timed_out;
}

bool call_wait_for(struct thread *to, bool lends, struct spinlock *lock, unsigned long irq,
                   uint64_t deadline_ns, uint64_t slack_ns)
{
    bool woken;

    if (unlikely(deadline_ns != TIMER_NEVER)) {
        return wait_until(to, lends, lock, irq, deadline_ns, slack_ns);
    }
    woken = wait_for(to, lends, lock);
    arch_irq_restore(irq);
    return woken;
}

/* --- What ends waits from outside --- */

/* The CPU that runs it, if any. */
static cpumask_t cancel(struct thread *thread, uint8_t why)
{
    unsigned long irq = arch_irq_save();
    struct sched_cpu *sched = sched_lock_thread(thread);
    cpumask_t runs = thread->state == THREAD_RUNNING ? cpumask_of(sched->cpu) : 0;

    thread->entity.cancelled |= why;
    if (thread->state == THREAD_IN_CALL) {
        thread->timed_out = true; /* whether or not somebody else wakes it first */
    }
    sched_unlock(sched);
    (void)sched_make_ready(thread, BIT(THREAD_IN_CALL));
    arch_irq_restore(irq);
    return runs;
}

void thread_cancel_waits(struct thread *thread)
{
    (void)cancel(thread, CANCELLED_FOR_GOOD);
}

cpumask_t thread_note(struct thread *thread)
{
    return cancel(thread, CANCELLED_TO_LOOK);
}

bool thread_take_note(uint64_t *deadline_ns)
{
    struct thread *self = current_thread();
    unsigned long irq;

    *deadline_ns = self->wait_deadline;
    self->wait_deadline = TIMER_NEVER;
    if (likely((READ_ONCE(self->entity.cancelled) & CANCELLED_TO_LOOK) == 0)) {
        return false;
    }
    irq = arch_irq_save();
    sched_lock(self->sched);
    self->entity.cancelled &= (uint8_t)~CANCELLED_TO_LOOK;
    sched_unlock(self->sched);
    arch_irq_restore(irq);
    return true;
}

bool thread_is_cancelled(void)
{
    return (READ_ONCE(current_thread()->entity.cancelled) & CANCELLED_FOR_GOOD) != 0;
}
