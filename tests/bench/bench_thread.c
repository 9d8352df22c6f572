/* SPDX-License-Identifier: MIT */
/* What threads cost: switching, waking, creating; and that more threads do not make it cost more. */
#include "bench_mm.h"

#include <arch/cpu.h>
#include <keel/aspace.h>
#include <keel/bench.h>
#include <keel/heap.h>
#include <keel/panic.h>
#include <keel/percpu.h>
#include <keel/thread.h>
#include <keel/timer.h>
#include <keel/wait.h>

static const uint64_t thread_counts[] = {10, 100, 1000, 10000};

static struct aspace *spaces[2];
static struct thread *partner;
static bool ends;

static int yield_for_ever(void *arg)
{
    aspace_switch(arg);
    while (!ends) {
        thread_yield();
    }
    aspace_switch(NULL);
    return 0;
}

static struct spinlock lock;
static struct waiter sleeper;

static int wait_for_ever(void *arg)
{
    (void)arg;
    while (!ends) {
        unsigned long irq = spin_lock(&lock);

        sleeper.thread = thread_current();
        (void)wait_ops->block(&sleeper, &lock, irq, TIMER_NEVER, 0);
    }
    return 0;
}

static void wake(void)
{
    unsigned long irq = spin_lock(&lock);

    wait_ops->wake(sleeper.thread);
    spin_unlock(&lock, irq);
    wait_ops->resched();
}

static void stop_partner(void)
{
    ends = true;
    if (sleeper.thread) {
        wake();
    }
    if (partner) {
        (void)thread_join(partner, NULL, TIMER_NEVER);
    }
    partner = NULL;
    sleeper.thread = NULL;
    ends = false;
    aspace_switch(NULL);
}

static void start_partner(struct aspace *space)
{
    struct thread_attr attr = {PRIORITY_NORMAL, cpumask_of(cpu_index())};

    stop_partner();
    KASSERT(thread_run(&partner, "partner", yield_for_ever, space, &attr) == 0);
    thread_yield();
}

static void one_space(void)
{
    start_partner(NULL);
}

static void two_spaces(void)
{
    for (unsigned i = 0; i < ARRAY_SIZE(spaces); i++) {
        KASSERT(spaces[i] || aspace_create("bench", &spaces[i]) == 0);
    }
    start_partner(spaces[0]);
    aspace_switch(spaces[1]);
}

/* A turn is two switches, there and back: every other operation takes one. */
static inline void half_a_turn(void)
{
    static bool odd;

    odd = !odd;
    if (odd) {
        thread_yield();
    }
}

BENCH(kthread_switch, "kthread.switch", one_space)
{
    half_a_turn();
}

BENCH(kthread_switch_space, "kthread.switch_space", two_spaces)
{
    half_a_turn();
}

static int nothing(void *arg)
{
    (void)arg;
    return 0;
}

static void create_join(void)
{
    struct thread *thread;

    (void)thread_run(&thread, "w", nothing, NULL, NULL);
    (void)thread_join(thread, NULL, TIMER_NEVER);
}

BENCH(kthread_create_join, "kthread.create_join", stop_partner)
{
    create_join();
}

/* --- Waking --- */

static void start_sleeper(void)
{
    struct thread_attr attr = {PRIORITY_HIGH, cpumask_of(cpu_index())};

    stop_partner();
    KASSERT(thread_run(&partner, "sleeper", wait_for_ever, NULL, &attr) == 0);
}

/* A more urgent thread is woken, runs at once, and waits again. */
BENCH(kthread_wake_run, "kthread.wake_run", start_sleeper)
{
    wake();
}

BENCH(thread_yield_alone, "kthread.yield_alone", stop_partner)
{
    thread_yield();
}

/* --- More threads: all ready, and so in the queue, but less urgent --- */

static struct thread *crowd[10000];
static uint64_t crowd_size;

static void crowd_of(uint64_t count)
{
    struct thread_attr attr = {PRIORITY_LOW, cpumask_of(cpu_index())};

    bench_mm_release();
    bench_vm_release();
    while (crowd_size > count) {
        (void)thread_join(crowd[--crowd_size], NULL, TIMER_NEVER);
    }
    for (; crowd_size < count; crowd_size++) {
        KASSERT(thread_run(&crowd[crowd_size], "crowd", nothing, NULL, &attr) == 0);
    }
}

static void switch_among(uint64_t count)
{
    crowd_of(count);
    one_space();
}

static void wake_among(uint64_t count)
{
    crowd_of(count);
    start_sleeper();
}

static void create_among(uint64_t count)
{
    stop_partner();
    crowd_of(count);
}

#define THREADS_CURVE(ident, row, setup) BENCH_CURVE(ident, row, "threads", thread_counts, setup)

THREADS_CURVE(switch_among, "kthread.switch", switch_among)
{
    half_a_turn();
}

THREADS_CURVE(wake_among, "kthread.wake_run", wake_among)
{
    wake();
}

THREADS_CURVE(create_among, "kthread.create_join", create_among)
{
    create_join();
}
