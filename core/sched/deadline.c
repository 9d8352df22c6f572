/* SPDX-License-Identifier: MIT */
/* Threads with a promise of CPU time (T7): who of them runs, and for how long. Nothing sleeps. */
#include "deadline.h"

#include <keel/clock.h>
#include <keel/smp.h>

static uint64_t tick_units(void)
{
    return sched_slice(PRIORITY_IDLE) / CONFIG_SCHED_SLICE_IDLE;
}

/* --- What a thread may --- */

static bool is_spent(const struct thread *thread)
{
    return deadline_is_promised(thread) &&
           cbs_left(&thread->promise->cbs, thread->entity.cpu_time) <= 0;
}

/* CPU time until its level falls; not above 0: it has none at LEVEL_DEADLINE. */
static int64_t left(const struct thread *thread)
{
    if (deadline_is_promised(thread) && !is_spent(thread)) {
        return cbs_left(&thread->promise->cbs, thread->entity.cpu_time);
    }
    return thread->special & SPECIAL_LENT ? (int64_t)(thread->lent_end - thread->entity.cpu_time)
                                          : 0;
}

/* By promise, by inheritance, or its own. Not while it is queued. */
static void set_level(struct thread *thread)
{
    thread->entity.boost =
        left(thread) > 0 ? LEVEL_DEADLINE : MIN(thread->inherited, (uint8_t)LEVEL_REALTIME);
    entity_set_level(&thread->entity);
}

/* --- The timer of a CPU --- */

static void arm(struct sched_cpu *sched, uint64_t at)
{
    if (at < sched->armed) {
        sched->armed = at;
        timer_set(&sched->budgets, at, 0);
    }
}

/* The one whose budget is being used, or will be as soon as the CPU looks at its queue. */
static const struct thread *watched(const struct sched_cpu *sched)
{
    const struct list_node *first = list_first(&sched->queue.levels[LEVEL_DEADLINE]);

    if (sched->current->entity.level == LEVEL_DEADLINE || !first) {
        return sched->current;
    }
    return list_entry(first, struct thread, entity.node);
}

/* Has the timer come when the next budget ends or is renewed, or before. What another CPU does not know of
 * the one who runs, that one's CPU has seen to. */
static void rearm(struct sched_cpu *sched, uint64_t now)
{
    const struct list_node *first = list_first(&sched->spent);
    int64_t rest = left(watched(sched));

    if (first) {
        arm(sched, list_entry(first, struct promise, node)->cbs.renewal);
    }
    if (rest > 0) {
        arm(sched, now + MAX(cputime_to_ns((uint64_t)rest), THREAD_CAPACITY_MIN_NS));
    }
}

/* --- Budgets --- */

/* Whose budget is used up waits for the next one, unless that is due. */
static void settle_budget(struct sched_cpu *sched, struct thread *thread, uint64_t now)
{
    struct promise *promise = thread->promise;
    struct list_node *place = sched->spent.head.prev;

    if (list_node_is_linked(&promise->node)) {
        return;
    }
    if (is_spent(thread)) {
        cbs_renew(&promise->cbs, thread->entity.cpu_time, now);
    }
    if (is_spent(thread)) {
        while (place != &sched->spent.head &&
               list_entry(place, struct promise, node)->cbs.renewal > promise->cbs.renewal) {
            place = place->prev;
        }
        list_add_after(place, &promise->node);
    }
}

static void leave_spent(struct promise *promise)
{
    if (list_node_is_linked(&promise->node)) {
        list_remove(&promise->node);
    }
}

/* Puts it where it is its turn, and has its CPU look when that is now. Who is at LEVEL_DEADLINE without a
 * budget of his own is before those who wait for what he holds. */
static void queue(struct sched_cpu *sched, struct thread *thread)
{
    const struct entity *running = &sched->current->entity;
    struct entity *e = &thread->entity;
    uint64_t since = sched->queue.ticks;

    if (e->level == LEVEL_DEADLINE) {
        since =
            deadline_is_promised(thread) && !is_spent(thread) ? thread->promise->cbs.deadline : 0;
    }
    runqueue_add_sorted(&sched->queue, e, since);
    if (e->level > running->level || (e->level == LEVEL_DEADLINE && since < running->ready_since)) {
        sched_kick(sched);
    }
}

static void enter(struct sched_cpu *sched, struct thread *thread, uint64_t now)
{
    if (deadline_is_promised(thread)) {
        settle_budget(sched, thread, now);
    }
    set_level(thread);
    if (thread->suspends != 0) {
        thread->state = THREAD_SUSPENDED;
    } else if (is_spent(thread) && thread->entity.boost == 0) {
        thread->state = THREAD_THROTTLED;
    } else {
        thread->state = THREAD_READY;
        queue(sched, thread);
    }
    rearm(sched, now);
}

void deadline_enter(struct sched_cpu *sched, struct thread *thread)
{
    uint64_t now = clock_ns();

    if (thread->state == THREAD_RUNNING) {
        sched_charge(sched, thread);
    } else if (deadline_is_promised(thread) && thread->state != THREAD_READY) {
        cbs_wake(&thread->promise->cbs, thread->entity.cpu_time, now);
        leave_spent(thread->promise);
    }
    enter(sched, thread, now);
}

/* Only a thread's own CPU knows what it has used since it was charged last. */
static void charge(struct sched_cpu *sched, struct thread *thread)
{
    if (sched->current == thread && sched == sched_here()) {
        sched_charge(sched, thread);
    }
}

static void relevel(struct sched_cpu *sched, struct thread *thread, uint64_t now)
{
    bool queued = thread->entity.queued;

    if (queued) {
        runqueue_remove(&sched->queue, &thread->entity);
    }
    if (queued || thread->state == THREAD_THROTTLED) {
        enter(sched, thread, now);
        return;
    }
    charge(sched, thread);
    set_level(thread);
    if (thread == sched->current) {
        sched_kick(sched); /* it is set aside, and enters like any other */
    }
}

void deadline_relevel(struct sched_cpu *sched, struct thread *thread)
{
    relevel(sched, thread, clock_ns());
}

/* Renews budgets, and has the one who runs set aside when his is used up; another CPU cannot know. */
static void on_time(struct timer *timer)
{
    struct sched_cpu *sched = container_of(timer, struct sched_cpu, budgets);
    struct list_node *first;
    uint64_t now;

    sched_lock(sched);
    now = clock_ns();
    sched->armed = TIMER_NEVER;
    while ((first = list_first(&sched->spent)) != NULL) {
        struct promise *promise = list_entry(first, struct promise, node);

        if (promise->cbs.renewal > now) {
            break;
        }
        list_remove(first);
        cbs_renew(&promise->cbs, promise->thread->entity.cpu_time, now);
        relevel(sched, promise->thread, now);
    }
    charge(sched, sched->current);
    if (sched->current->entity.level == LEVEL_DEADLINE &&
        (left(sched->current) <= 0 || sched != sched_here())) {
        sched_kick(sched);
    }
    rearm(sched, now);
    sched_unlock(sched);
}

void deadline_init(struct sched_cpu *sched)
{
    timer_init(&sched->budgets, on_time);
    list_init(&sched->spent);
    sched->armed = TIMER_NEVER;
}

void deadline_left(struct sched_cpu *sched, struct thread *thread)
{
    if (thread->state == THREAD_TERMINATED) {
        (void)deadline_end(thread);
        thread->special = 0;
    } else if (thread->entity.queued && thread->entity.level == LEVEL_DEADLINE) {
        /* It may have given way by itself, to those of its level in turn: now by the rules. */
        deadline_relevel(sched, thread);
        if (sched->resched) {
            ipi_send(cpumask_of(sched->cpu), IPI_RESCHEDULE);
        }
    }
    rearm(sched, clock_ns());
}

/* --- Inheritance --- */

void deadline_boost(struct sched_cpu *sched, struct thread *thread, unsigned level)
{
    thread->inherited = (uint8_t)level;
    thread->special &= SPECIAL_PROMISED;
    if (level >= LEVEL_DEADLINE) {
        /* What it has run elsewhere, a tick at most, is yet to be charged. */
        unsigned ticks = sched->current == thread ? 2 : 1;

        thread->special |= SPECIAL_LENT;
        thread->lent_end = thread->entity.cpu_time + ticks * tick_units();
    }
    deadline_relevel(sched, thread);
}

/* --- Promises --- */

/* The CPU that has promised least, if possible `last`. */
static struct sched_cpu *roomiest(cpumask_t allowed, unsigned last)
{
    unsigned best = cpumask_has(allowed, last) ? last : cpumask_first(allowed), cpu;

    cpumask_for_each(cpu, allowed)
    {
        if (READ_ONCE(sched_cpus[cpu].promised) < READ_ONCE(sched_cpus[best].promised)) {
            best = cpu;
        }
    }
    return &sched_cpus[best];
}

int deadline_begin(struct sched_cpu *sched, struct thread *thread,
                   const struct thread_deadline *wanted)
{
    cpumask_t allowed = thread->affinity & __atomic_load_n(&sched_running, __ATOMIC_SEQ_CST);
    bool has_one = deadline_is_promised(thread);
    struct promise *promise = thread->promise;
    struct entity *e = &thread->entity;
    struct sched_cpu *to;

    if (thread->state == THREAD_TERMINATED || allowed == 0) {
        return -EINVAL;
    }
    to = roomiest(allowed, sched->cpu);
    if (!cbs_admit(&to->promised, has_one ? promise->share : 0, cbs_share(wanted))) {
        return -ENOSPC;
    }
    promise->share = cbs_share(wanted);
    charge(sched, thread);
    if (has_one) {
        cbs_change(&promise->cbs, wanted, tick_units(), e->cpu_time, clock_ns());
        return 0;
    }
    cbs_start(&promise->cbs, wanted, tick_units(), e->cpu_time, clock_ns());
    promise->thread = thread;
    promise->affinity = thread->affinity;
    promise->band = e->band;
    if (thread->special == 0) {
        thread->inherited = e->boost;
    }
    thread->special |= SPECIAL_PROMISED;
    thread->affinity = cpumask_of(to->cpu);
    e->band = PRIORITY_IDLE;
    e->sunk = 0;
    return 0;
}

int deadline_end(struct thread *thread)
{
    struct promise *promise = thread->promise;
    struct entity *e = &thread->entity;

    if (!deadline_is_promised(thread)) {
        return -EINVAL;
    }
    leave_spent(promise);
    (void)cbs_admit(&sched_cpus[cpumask_first(thread->affinity)].promised, promise->share, 0);
    thread->special &= SPECIAL_LENT;
    thread->affinity = promise->affinity;
    e->band = promise->band;
    e->sunk = 0;
    entity_refill(e);
    return 0;
}
