/* SPDX-License-Identifier: MIT */
/* The life of threads: created, started, stopped, ended, waited for. */
#include "deadline.h"
#include "thread_internal.h"

#include <keel/aspace.h>
#include <keel/errno.h>
#include <keel/lock_check.h>
#include <keel/panic.h>
#include <keel/smp.h>
#include <keel/string.h>

struct thread *thread_current(void)
{
    return current_thread();
}

const char *thread_name(const struct thread *thread)
{
    return thread->name;
}

uint64_t thread_id(const struct thread *thread)
{
    return thread->id;
}

enum thread_state thread_state(const struct thread *thread)
{
    return sched_state_shown(__atomic_load_n(&thread->state, __ATOMIC_RELAXED));
}

/* What a thread was charged with, in units; *runs_on: where it runs, CPUS_MAX: nowhere. */
static uint64_t charged(const struct thread *thread, unsigned *runs_on)
{
    unsigned long irq = arch_irq_save();
    struct sched_cpu *sched = sched_lock_thread(thread);
    uint64_t units = thread->entity.cpu_time;

    *runs_on = sched->current == thread ? sched->cpu : CPUS_MAX;
    sched_unlock(sched);
    arch_irq_restore(irq);
    return units;
}

uint64_t thread_cpu_time_charged(const struct thread *thread)
{
    unsigned cpu;

    return cputime_to_ns(charged(thread, &cpu));
}

void sched_cpu_times(unsigned cpu, uint64_t *idle_ns, uint64_t *switches)
{
    const struct sched_cpu *sched = &sched_cpus[cpu];

    *idle_ns = sched->idle ? thread_cpu_time_charged(sched->idle) : 0;
    *switches = READ_ONCE(sched->switches);
}

/* Only the CPU itself can tell: counters of CPU time need not be the same on all. When the thread has left
 * it in between, it was charged then. */
uint64_t thread_cpu_time(const struct thread *thread)
{
    unsigned cpu;
    uint64_t units = charged(thread, &cpu);

    if (cpu != CPUS_MAX) {
        smp_call(cpumask_of(cpu), sched_charge_current, NULL, true);
        units = charged(thread, &cpu);
    }
    return cputime_to_ns(units);
}

/* --- Beginning --- */

static bool can_run_on(cpumask_t affinity)
{
    return (affinity & __atomic_load_n(&sched_running, __ATOMIC_SEQ_CST)) != 0;
}

/* A priority that there is, and a CPU to run on. */
static bool attr_is_valid(const struct thread_attr *attr)
{
    return (unsigned)attr->priority < PRIORITY_COUNT && can_run_on(attr->affinity);
}

/* Its first CPU: this one, or the first of those it may run on; of an idle thread one that is still to
 * come. */
static struct sched_cpu *first_cpu(cpumask_t affinity)
{
    cpumask_t running = affinity & __atomic_load_n(&sched_running, __ATOMIC_RELAXED);
    unsigned cpu = cpu_index();

    if (!cpumask_has(affinity, cpu)) {
        cpu = cpumask_first(running != 0 ? running : affinity);
    }
    return &sched_cpus[cpu];
}

void thread_set_up(struct thread *thread, const char *name, const struct thread_attr *attr)
{
    thread->sched = first_cpu(attr->affinity);
    thread->head.cpu = thread->sched->cpu;
    thread->head.preempt_off = 0;
    thread->head.name = thread->name;
    thread->head.space = NULL;
    thread->head.fpu = NULL;
    thread->head.user = NULL;
    thread->head.user_work = 0;
    thread->when_left = 0;
    thread->affinity = attr->affinity;
    thread->fate = FATE_OPEN;
    thread->joiner = NULL;
    thread->wait_deadline = TIMER_NEVER;
    thread->locks = (struct lock_state){0};
    entity_init(&thread->entity, attr->priority);
    thread_timer_init(thread);
    strlcpy(thread->name, name, sizeof(thread->name));
}

int thread_create(struct thread **out, const char *name, thread_entry_t *entry, void *arg,
                  const struct thread_attr *attr)
{
    struct thread_attr given = attr ? *attr : THREAD_ATTR_DEFAULT;
    struct thread *thread;

    if (!attr_is_valid(&given)) {
        return -EINVAL;
    }
    thread = thread_stock_take();
    if (!thread) {
        return -ENOMEM;
    }
    thread_set_up(thread, name, &given);
    thread->state = THREAD_CREATED;
    thread->suspends = 1;
    thread->entry = entry;
    thread->arg = arg;
    arch_context_init(&thread->context, thread->head.stack_high);
    thread_register(thread);
    if (unlikely(!can_run_on(given.affinity))) { /* its last CPU is going off */
        thread_unregister(thread);
        thread_stock_give(thread);
        return -EINVAL;
    }
    *out = thread;
    return 0;
}

int thread_run(struct thread **out, const char *name, thread_entry_t *entry, void *arg,
               const struct thread_attr *attr)
{
    int err = thread_create(out, name, entry, arg, attr);

    return err != 0 ? err : thread_resume(*out);
}

void thread_begin(struct thread_head *prev)
{
    struct thread *self = current_thread();

    sched_arrive((struct thread *)prev);
    arch_irq_enable();
    thread_exit(self->entry(self->arg));
}

/* --- End --- */

/* It no longer needs what is not everybody's. */
static void let_go(const struct thread *self)
{
    if (unlikely(self->head.fpu != NULL)) {
        thread_drop_fpu();
    }
    if (unlikely(self->head.space != NULL)) {
        aspace_switch(NULL);
    }
}

void thread_exit(int result)
{
    struct thread *self = current_thread();
    struct sched_cpu *sched;
    uint32_t fate;

    if (IS_ENABLED(CONFIG_LOCK_CHECK)) {
        lock_check_thread_end();
    }
    arch_irq_disable();
    let_go(self);
    self->result = result;
    fate = __atomic_exchange_n(&self->fate, FATE_ENDED, __ATOMIC_ACQ_REL);
    if (fate == FATE_JOINED) {
        (void)sched_make_ready(self->joiner, BIT(THREAD_BLOCKED));
    }
    sched = sched_here();
    sched_lock(sched);
    self->state = THREAD_TERMINATED;
    self->after = fate == FATE_DETACHED ? AFTER_FREE : AFTER_NOTHING;
    sched_leave(sched);
    panic("thread %s runs after its end", self->name);
}

/* Waits the moment until a thread with a result has left its stack, and frees it. */
static void collect(struct thread *thread, int *result)
{
    unsigned long irq = arch_irq_save();
    bool gone = false;

    while (!gone) {
        struct sched_cpu *sched = sched_lock_thread(thread);

        gone = thread->state == THREAD_TERMINATED;
        sched_unlock(sched);
        if (!gone) {
            arch_cpu_relax();
        }
    }
    arch_irq_restore(irq);
    if (result) {
        *result = thread->result;
    }
    thread_unregister(thread);
    thread_stock_give(thread);
}

/* From `from` to `to`; false: it was something else. */
static bool change_fate(struct thread *thread, uint32_t from, uint32_t to)
{
    return __atomic_compare_exchange_n(&thread->fate, &from, to, false, __ATOMIC_SEQ_CST,
                                       __ATOMIC_SEQ_CST);
}

/* Blocks until the thread has ended or the deadline has come. */
static void wait_for_end(struct thread *thread, uint64_t deadline_ns)
{
    unsigned long irq = arch_irq_save();
    struct thread *self = current_thread();
    struct sched_cpu *sched = self->sched;

    thread->joiner = self;
    if (deadline_ns != TIMER_NEVER) {
        timer_set(&self->timer, deadline_ns, 0);
    }
    sched_lock(sched);
    if (change_fate(thread, FATE_OPEN, FATE_JOINED)) {
        self->state = THREAD_BLOCKED;
        sched_leave(sched);
    } else {
        sched_unlock(sched);
    }
    if (deadline_ns != TIMER_NEVER) {
        timer_cancel_sync(&self->timer);
    }
    arch_irq_restore(irq);
}

int thread_join(struct thread *thread, int *result, uint64_t deadline_ns)
{
    DEBUG_ASSERT(current_head()->preempt_off == 0);
    lock_check_sleep();
    if (thread == current_thread()) {
        return -EDEADLK;
    }
    if (__atomic_load_n(&thread->fate, __ATOMIC_ACQUIRE) != FATE_ENDED) {
        wait_for_end(thread, deadline_ns);
        if (change_fate(thread, FATE_JOINED, FATE_OPEN)) {
            return -ETIMEDOUT;
        }
    }
    collect(thread, result);
    return 0;
}

void thread_detach(struct thread *thread)
{
    if (!change_fate(thread, FATE_OPEN, FATE_DETACHED)) {
        collect(thread, NULL);
    }
}

/* --- Stopping and changing others --- */

int thread_suspend(struct thread *thread)
{
    unsigned long irq = arch_irq_save();
    struct sched_cpu *sched = sched_lock_thread(thread);
    int err = thread->state == THREAD_TERMINATED ? -EINVAL : 0;

    if (err == 0) {
        thread->suspends++;
        if (thread->entity.queued) {
            runqueue_remove(&sched->queue, &thread->entity);
            thread->state = THREAD_SUSPENDED;
        } else if (sched->current == thread) {
            sched_kick(sched);
        }
    }
    sched_unlock(sched);
    arch_irq_restore(irq);
    sched_resched();
    return err;
}

int thread_resume(struct thread *thread)
{
    unsigned long irq = arch_irq_save();
    struct sched_cpu *sched = sched_lock_thread(thread);
    int err = thread->suspends == 0 || thread->state == THREAD_TERMINATED ? -EINVAL : 0;
    bool goes_on = err == 0 && --thread->suspends == 0;

    sched_unlock(sched);
    if (goes_on) {
        (void)sched_make_ready(thread, BIT(THREAD_CREATED) | BIT(THREAD_SUSPENDED));
    }
    arch_irq_restore(irq);
    sched_resched();
    return err;
}

int thread_set_priority(struct thread *thread, enum priority priority)
{
    unsigned long irq;
    struct sched_cpu *sched;

    if ((unsigned)priority >= PRIORITY_COUNT) {
        return -EINVAL;
    }
    if (deadline_is_promised(thread)) {
        (void)thread_set_deadline(thread, NULL);
    }
    irq = arch_irq_save();
    sched = sched_lock_thread(thread);
    thread->entity.band = (uint8_t)priority;
    thread->entity.sunk = 0;
    entity_refill(&thread->entity);
    if (deadline_is_special(thread)) {
        deadline_relevel(sched, thread);
    } else {
        sched_relevel(sched, thread);
    }
    sched_unlock(sched);
    arch_irq_restore(irq);
    mutex_urgency_changed(thread);
    sched_resched();
    return 0;
}

/* One that has a promise stays on the CPU that gave it. Its CPU is locked. */
static int set_promised_affinity(struct thread *thread, cpumask_t affinity)
{
    if ((affinity & thread->affinity) == 0) {
        return -EBUSY;
    }
    thread->promise->affinity = affinity;
    return 0;
}

/* One that was sent elsewhere goes on waiting there, if it has not run yet. */
static void keep_wait(struct thread *thread, uint64_t ticks)
{
    struct sched_cpu *sched = sched_lock_thread(thread);

    if (thread->entity.queued && thread->entity.level < LEVEL_DEADLINE) {
        runqueue_set_wait(&sched->queue, &thread->entity, ticks);
    }
    sched_unlock(sched);
}

int thread_set_affinity(struct thread *thread, cpumask_t affinity)
{
    unsigned long irq = arch_irq_save();
    struct sched_cpu *sched;
    uint64_t waited = 0;
    bool moves;

    if (!can_run_on(affinity)) { /* interrupts are off until it is set: sched_evacuate() */
        arch_irq_restore(irq);
        return -EINVAL;
    }
    sched = sched_lock_thread(thread);
    if (deadline_is_promised(thread)) {
        int err = set_promised_affinity(thread, affinity);

        sched_unlock(sched);
        arch_irq_restore(irq);
        return err;
    }
    thread->affinity = affinity;
    moves = !cpumask_has(affinity, sched->cpu);
    if (moves && thread->entity.queued) {
        waited = sched->queue.ticks - thread->entity.ready_since;
        runqueue_remove(&sched->queue, &thread->entity);
    } else if (moves && sched->current == thread) {
        sched_kick(sched);
        moves = false;
    } else {
        moves = false;
    }
    sched_unlock(sched);
    if (moves) {
        (void)sched_make_ready(thread, BIT(THREAD_READY));
        keep_wait(thread, waited);
    }
    arch_irq_restore(irq);
    sched_resched();
    return 0;
}
