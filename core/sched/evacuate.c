/* SPDX-License-Identifier: MIT */
/* CPUs that threads leave, for they go off, and come back to. */
#include "thread_internal.h"

#include <keel/clock.h>
#include <keel/clockevent.h>
#include <keel/errno.h>
#include <keel/smp.h>

#define PATIENCE_NS     30000000000ull /* for a thread that has preemption off */
#define PATIENCE_ROUNDS 10000000u      /* the same where there is no time */

static void set_mask(struct sched_cpu *sched, cpumask_t mask)
{
    unsigned long irq = arch_irq_save();

    sched_lock(sched);
    sched->mask = mask;
    sched_unlock(sched);
    arch_irq_restore(irq);
}

void sched_admit(unsigned cpu)
{
    set_mask(&sched_cpus[cpu], cpumask_of(cpu));
    __atomic_fetch_or(&sched_running, cpumask_of(cpu), __ATOMIC_RELEASE);
}

static void nothing(void *arg)
{
    (void)arg;
}

/* Sends the thread whose turn it would be next elsewhere. False: none is waiting. */
static bool send_next(struct sched_cpu *sched)
{
    struct entity *e;

    sched_lock(sched);
    e = runqueue_take(&sched->queue);
    sched_unlock(sched);
    return e && sched_make_ready(container_of(e, struct thread, entity), BIT(THREAD_READY));
}

/* Whether only the idle thread is left. Who runs leaves when it can be interrupted. */
static bool is_empty(struct sched_cpu *sched)
{
    unsigned long irq = arch_irq_save();
    bool empty;

    while (send_next(sched)) {
    }
    sched_lock(sched);
    empty = sched->current == sched->idle && sched->queue.count == 0;
    if (!empty) {
        sched_kick(sched);
    }
    sched_unlock(sched);
    arch_irq_restore(irq);
    return empty;
}

/* Leaves others the time to go on in, where something can wake this thread again. */
static void wait_a_moment(void)
{
    if (clockevent_of(0)) {
        (void)thread_sleep(NS_PER_MS);
    } else {
        thread_yield();
    }
}

static int wait_until_empty(struct sched_cpu *sched)
{
    uint64_t end = clock_ns() + PATIENCE_NS;

    for (uint32_t i = 0; !is_empty(sched); i++) {
        if (i == PATIENCE_ROUNDS || (clock_hz() != 0 && clock_ns() >= end)) {
            return -ETIMEDOUT;
        }
        wait_a_moment();
    }
    return 0;
}

/*
 * Places for threads are chosen and affinities set with interrupts off. So once every CPU has taken an
 * interrupt nobody goes by the old `sched_running` any more, and all affinities that were set by it are
 * to be seen.
 */
int sched_evacuate(unsigned cpu)
{
    struct sched_cpu *sched = &sched_cpus[cpu];
    cpumask_t others = __atomic_and_fetch(&sched_running, ~cpumask_of(cpu), __ATOMIC_SEQ_CST);
    int err = -EBUSY;

    smp_call(CPUMASK_ALL, nothing, NULL, true);
    if (!thread_any_bound(cpu, others)) {
        set_mask(sched, 0);
        err = wait_until_empty(sched);
    }
    if (err != 0) {
        sched_admit(cpu);
    }
    return err;
}

void sched_leave_cpu(unsigned cpu)
{
    unsigned long irq = arch_irq_save();
    struct sched_cpu *sched = &sched_cpus[cpu];

    sched_lock(sched);
    WRITE_ONCE(sched->leave, true);
    sched_kick(sched);
    sched_unlock(sched);
    arch_irq_restore(irq);
}
