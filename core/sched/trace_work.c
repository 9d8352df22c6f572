/* SPDX-License-Identifier: MIT */
/* Threads that wake each other across all CPUs, and one that moves, for the trace to show. */
#include "trace_work.h"

#include <keel/clock.h>
#include <keel/errno.h>
#include <keel/heap.h>
#include <keel/printf.h>
#include <keel/semaphore.h>
#include <keel/smp.h>
#include <keel/thread.h>
#include <keel/timer.h>

#define ROUNDS 20u
#define PAUSE  5u /* rounds from one sleep to the next */

/* One of the ring. */
struct worker {
    struct semaphore turn;
    struct worker *next;
    struct thread *thread;
};

static int work(void *arg)
{
    struct worker *self = arg;

    for (unsigned round = 1; round <= ROUNDS; round++) {
        semaphore_down(&self->turn);
        if (round % PAUSE == 0) {
            thread_sleep(NS_PER_MS);
        }
        (void)semaphore_up(&self->next->turn);
    }
    return 0;
}

/* Goes to each CPU in turn. */
static int wander(void *arg)
{
    unsigned cpu;

    cpumask_for_each(cpu, cpu_online())
    {
        (void)thread_set_affinity(thread_current(), cpumask_of(cpu));
    }
    return 0;
}

/* Makes a thread for each CPU of the set; how many there are. */
static unsigned make_ring(struct worker *workers, cpumask_t cpus)
{
    unsigned count = 0, cpu;

    cpumask_for_each(cpu, cpus)
    {
        struct thread_attr attr = {PRIORITY_NORMAL, cpumask_of(cpu)};
        struct worker *worker = &workers[count];
        char name[THREAD_NAME_MAX];

        ksnprintf(name, sizeof(name), "work/%u", cpu);
        semaphore_init(&worker->turn, 0);
        if (thread_create(&worker->thread, name, work, worker, &attr) != 0) {
            break;
        }
        worker->next = &workers[0];
        if (count > 0) {
            workers[count - 1].next = worker;
        }
        count++;
    }
    return count;
}

int trace_work(void)
{
    struct worker *workers = kcalloc(CPUS_MAX, sizeof(*workers));
    struct thread *wanderer;
    unsigned count;

    if (!workers) {
        return -ENOMEM;
    }
    count = make_ring(workers, cpu_online());
    for (unsigned i = 0; i < count; i++) {
        (void)thread_resume(workers[i].thread);
    }
    if (count > 0) {
        (void)semaphore_up(&workers[0].turn);
    }
    for (unsigned i = 0; i < count; i++) {
        (void)thread_join(workers[i].thread, NULL, TIMER_NEVER);
    }
    kfree(workers);
    if (thread_run(&wanderer, "wander", wander, NULL, &THREAD_ATTR_DEFAULT) != 0) {
        return -ENOMEM;
    }
    (void)thread_join(wanderer, NULL, TIMER_NEVER);
    return count > 0 ? 0 : -ENOMEM;
}
