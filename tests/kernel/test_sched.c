/* SPDX-License-Identifier: MIT */
/* The scheduler: who runs, where, and in which order. */
#include "../../core/sched/registry.h"

#include <arch/cpu.h>
#include <keel/clock.h>
#include <keel/errno.h>
#include <keel/ktest.h>
#include <keel/param.h>
#include <keel/percpu.h>
#include <keel/printf.h>
#include <keel/smp.h>
#include <keel/string.h>
#include <keel/thread.h>
#include <keel/timer.h>
#include <keel/wait.h>

#define NEVER  TIMER_NEVER
#define ROUNDS 100000000u

/* --- Order --- */

static char order[16];
static unsigned order_at;

static int sign(void *arg)
{
    unsigned at = __atomic_fetch_add(&order_at, 1, __ATOMIC_RELAXED);

    if (at < sizeof(order) - 1) {
        order[at] = *(const char *)arg;
    }
    return 0;
}

/* Starts threads of given priorities on this CPU while it cannot be left, and tells in which order they
 * ran. */
static void run_in_order(const char *names, const enum priority *priorities, size_t count)
{
    struct thread *threads[8] = {NULL};
    struct thread_attr attr = {PRIORITY_NORMAL, cpumask_of(cpu_index())};

    memset(order, 0, sizeof(order));
    order_at = 0;
    preempt_disable();
    for (size_t i = 0; i < count; i++) {
        attr.priority = priorities[i];
        KTEST_REQUIRE(thread_run(&threads[i], "order", sign, (void *)&names[i], &attr) == 0);
    }
    KTEST_EXPECT(order_at == 0);
    preempt_enable();
    for (size_t i = 0; i < count; i++) {
        KTEST_EXPECT(thread_join(threads[i], NULL, NEVER) == 0);
    }
}

KTEST(sched_runs_by_priority)
{
    static const enum priority priorities[] = {PRIORITY_LOW, PRIORITY_IDLE, PRIORITY_HIGH,
                                               PRIORITY_REALTIME, PRIORITY_NORMAL};

    run_in_order("LIHRN", priorities, ARRAY_SIZE(priorities));
    KTEST_EXPECT(strcmp(order, "RHNLI") == 0);
}

KTEST(sched_runs_equals_in_turn)
{
    static const enum priority priorities[] = {PRIORITY_LOW, PRIORITY_HIGH, PRIORITY_LOW,
                                               PRIORITY_LOW, PRIORITY_HIGH};

    run_in_order("1a23b", priorities, ARRAY_SIZE(priorities));
    KTEST_EXPECT(strcmp(order, "ab123") == 0);
}

static int note(void *arg)
{
    *(bool *)arg = true;
    return 0;
}

KTEST(sched_runs_the_more_urgent_at_once)
{
    struct thread_attr attr = {PRIORITY_HIGH, cpumask_of(cpu_index())};
    struct thread *thread;
    bool ran = false;

    KTEST_REQUIRE(thread_run(&thread, "urgent", note, &ran, &attr) == 0);
    KTEST_EXPECT(READ_ONCE(ran));
    KTEST_EXPECT(thread_join(thread, NULL, NEVER) == 0);

    attr.priority = PRIORITY_LOW;
    ran = false;
    KTEST_REQUIRE(thread_run(&thread, "not urgent", note, &ran, &attr) == 0);
    KTEST_EXPECT(!READ_ONCE(ran));
    KTEST_EXPECT(thread_set_priority(thread, PRIORITY_HIGH) == 0);
    KTEST_EXPECT(READ_ONCE(ran));
    KTEST_EXPECT(thread_join(thread, NULL, NEVER) == 0);
}

/* With interrupts off it runs when they come on. */
KTEST(sched_preempts_when_interrupts_come_on)
{
    struct thread_attr attr = {PRIORITY_HIGH, cpumask_of(cpu_index())};
    unsigned long irq = arch_irq_save();
    struct thread *thread;
    bool ran = false;

    KTEST_EXPECT(thread_run(&thread, "urgent", note, &ran, &attr) == 0);
    KTEST_EXPECT(!READ_ONCE(ran));
    arch_irq_restore(irq);
    for (unsigned i = 0; i < ROUNDS && !READ_ONCE(ran); i++) {
        arch_cpu_relax();
    }
    KTEST_EXPECT(READ_ONCE(ran));
    KTEST_EXPECT(thread_join(thread, NULL, NEVER) == 0);
}

KTEST(sched_does_not_preempt_where_that_is_off)
{
    struct thread_attr attr = {PRIORITY_REALTIME, cpumask_of(cpu_index())};
    struct thread *thread;
    bool ran = false;

    preempt_disable();
    preempt_disable();
    KTEST_EXPECT(thread_run(&thread, "urgent", note, &ran, &attr) == 0);
    KTEST_EXPECT(!READ_ONCE(ran));
    preempt_enable();
    KTEST_EXPECT(!READ_ONCE(ran));
    preempt_enable();
    KTEST_EXPECT(READ_ONCE(ran));
    KTEST_EXPECT(thread_join(thread, NULL, NEVER) == 0);
}

/* --- What is said of them --- */

struct seen {
    unsigned idle, self; /* threads of this CPU */
    bool right;
};

/* While this thread runs and cannot be left, its CPU's idle thread does not. */
static void look_at(const struct thread_info *info, struct seen *seen)
{
    char idle[THREAD_NAME_MAX];

    ksnprintf(idle, sizeof(idle), "idle/%u", cpu_index());
    if (info->id == thread_id(thread_current())) {
        seen->self++;
        seen->right &= info->state == THREAD_RUNNING && info->cpu == cpu_index();
    } else if (strcmp(info->name, idle) == 0) {
        seen->idle++;
        seen->right &= info->state == THREAD_READY;
    }
}

KTEST(sched_one_thread_of_a_cpu_runs)
{
    struct seen seen = {.right = true};
    struct thread_info infos[4];
    struct thread_walk walk;
    size_t got;

    thread_sleep(2000000); /* so that the idle thread has run */
    preempt_disable();
    thread_walk_begin(&walk);
    while ((got = thread_walk_next(&walk, infos, ARRAY_SIZE(infos))) != 0) {
        for (size_t i = 0; i < got; i++) {
            look_at(&infos[i], &seen);
        }
    }
    thread_walk_end(&walk);
    preempt_enable();
    KTEST_EXPECT(seen.self == 1 && seen.idle == 1);
    KTEST_EXPECT(seen.right);
}

#define WALKED 40u

static int end_at_once(void *arg)
{
    (void)arg;
    return 0;
}

/* Ends a thread that has not begun, and makes another. */
static void replace_thread(struct thread **thread)
{
    KTEST_REQUIRE(thread_resume(*thread) == 0 && thread_join(*thread, NULL, NEVER) == 0);
    KTEST_REQUIRE(thread_create(thread, "walked", end_at_once, NULL, NULL) == 0);
}

/* How many of the threads are numbered as what a walk comes to next; 0 behind the last. */
static size_t walk_to(struct thread_walk *walk, struct thread **threads, unsigned *met)
{
    struct thread_info infos[3];
    size_t got = thread_walk_next(walk, infos, ARRAY_SIZE(infos));

    for (size_t i = 0; i < got; i++) {
        for (unsigned at = 0; at < WALKED; at++) {
            met[at] += thread_id(threads[at]) == infos[i].id;
        }
    }
    return got;
}

KTEST(sched_walks_past_threads_that_come_and_go)
{
    unsigned met[WALKED] = {0}, met_by_other[WALKED] = {0};
    struct thread *threads[WALKED];
    struct thread_walk walk, other;
    unsigned replaced = 0;

    for (unsigned i = 0; i < WALKED; i++) {
        KTEST_REQUIRE(thread_create(&threads[i], "walked", end_at_once, NULL, NULL) == 0);
    }
    thread_walk_begin(&walk);
    thread_walk_begin(&other);
    while (walk_to(&walk, threads, met) != 0) {
        (void)walk_to(&other, threads, met_by_other);
        if (replaced < WALKED / 2) { /* every other one, behind the walks and before them */
            replace_thread(&threads[replaced]);
            replaced += 2;
        }
    }
    while (walk_to(&other, threads, met_by_other) != 0) {
    }
    thread_walk_end(&other);
    thread_walk_end(&walk);
    for (unsigned i = 0; i < WALKED; i++) {
        bool stayed = i % 2 != 0 || i >= WALKED / 2;

        KTEST_EXPECT(!stayed || (met[i] == 1 && met_by_other[i] == 1));
        KTEST_EXPECT(thread_resume(threads[i]) == 0 && thread_join(threads[i], NULL, NEVER) == 0);
    }
    KTEST_EXPECT(replaced == WALKED / 2);
}

/* --- CPUs --- */

static int tell_cpu(void *arg)
{
    *(unsigned *)arg = cpu_index();
    return 0;
}

KTEST(sched_keeps_to_the_affinity)
{
    cpumask_t online = cpu_online();
    unsigned cpu;

    cpumask_for_each(cpu, online)
    {
        struct thread_attr attr = {PRIORITY_NORMAL, cpumask_of(cpu)};
        struct thread *thread;
        unsigned ran_on = CPUS_MAX;

        KTEST_REQUIRE(thread_run(&thread, "pinned", tell_cpu, &ran_on, &attr) == 0);
        KTEST_EXPECT(thread_join(thread, NULL, NEVER) == 0);
        KTEST_EXPECT(ran_on == cpu);
    }
}

/* Goes round all CPUs by its own will. */
static int tour(void *arg)
{
    cpumask_t online = cpu_online();
    unsigned rounds = *(unsigned *)arg, cpu;

    for (unsigned i = 0; i < rounds; i++) {
        cpumask_for_each(cpu, online)
        {
            if (thread_set_affinity(thread_current(), cpumask_of(cpu)) != 0 || cpu_index() != cpu) {
                return -EIO;
            }
        }
    }
    return 0;
}

KTEST(sched_moves_a_thread_that_asks)
{
    struct thread *threads[3];
    unsigned rounds = 50;
    int result;

    for (unsigned i = 0; i < ARRAY_SIZE(threads); i++) {
        KTEST_REQUIRE(thread_run(&threads[i], "tourist", tour, &rounds, NULL) == 0);
    }
    for (unsigned i = 0; i < ARRAY_SIZE(threads); i++) {
        KTEST_EXPECT(thread_join(threads[i], &result, NEVER) == 0 && result == 0);
    }
}

struct runner {
    unsigned cpu;
    bool stop;
};

/* Never gives way by itself. */
static int run_and_tell_cpu(void *arg)
{
    struct runner *runner = arg;

    while (!__atomic_load_n(&runner->stop, __ATOMIC_ACQUIRE)) {
        __atomic_store_n(&runner->cpu, cpu_index(), __ATOMIC_RELAXED);
    }
    return 0;
}

/* Another moves a thread that runs, to every CPU but this one. */
KTEST(sched_moves_a_running_thread)
{
    struct runner runner = {.cpu = CPUS_MAX};
    cpumask_t others = cpu_online() & ~cpumask_of(cpu_index());
    struct thread_attr attr = {PRIORITY_NORMAL, others};
    struct thread *thread;
    unsigned cpu;

    if (others == 0) {
        return; /* one CPU: nowhere to move to */
    }
    KTEST_REQUIRE(thread_run(&thread, "moved", run_and_tell_cpu, &runner, &attr) == 0);
    for (unsigned round = 0; round < 20; round++) {
        cpumask_for_each(cpu, others)
        {
            KTEST_EXPECT(thread_set_affinity(thread, cpumask_of(cpu)) == 0);
            for (unsigned i = 0; i < ROUNDS; i++) {
                if (__atomic_load_n(&runner.cpu, __ATOMIC_RELAXED) == cpu) {
                    break;
                }
                arch_cpu_relax();
            }
            KTEST_EXPECT(__atomic_load_n(&runner.cpu, __ATOMIC_RELAXED) == cpu);
        }
    }
    __atomic_store_n(&runner.stop, true, __ATOMIC_RELEASE);
    KTEST_EXPECT(thread_join(thread, NULL, NEVER) == 0);
}

/* As many threads as CPUs get one each, this one included. */
KTEST(sched_uses_all_cpus)
{
    static struct runner runners[CPUS_MAX];
    static struct thread *threads[CPUS_MAX];
    unsigned count = cpumask_count(cpu_online()) - 1;
    cpumask_t seen = 0;

    for (unsigned i = 0; i < count; i++) {
        runners[i] = (struct runner){.cpu = CPUS_MAX};
        KTEST_REQUIRE(thread_run(&threads[i], "spread", run_and_tell_cpu, &runners[i], NULL) == 0);
    }
    for (unsigned i = 0; i < count; i++) {
        for (unsigned n = 0; n < ROUNDS && READ_ONCE(runners[i].cpu) == CPUS_MAX; n++) {
            arch_cpu_relax();
        }
        seen |= READ_ONCE(runners[i].cpu) < CPUS_MAX ? cpumask_of(READ_ONCE(runners[i].cpu)) : 0;
    }
    KTEST_EXPECT(cpumask_count(seen) == count);
    for (unsigned i = 0; i < count; i++) {
        __atomic_store_n(&runners[i].stop, true, __ATOMIC_RELEASE);
        KTEST_EXPECT(thread_join(threads[i], NULL, NEVER) == 0);
    }
}

/* --- Waiting, by the operations that locks are made of --- */

struct ball {
    struct spinlock lock;
    struct waiter *waiting;
    unsigned throws;
    unsigned last;
};

/* Waits for one throw of the other side, or throws and goes on. */
static void play(struct ball *ball)
{
    unsigned long irq = spin_lock(&ball->lock);
    struct waiter waiter = {.thread = thread_current()};

    ball->throws++;
    if (ball->waiting) {
        ball->waiting->woken = true;
        wait_ops->wake(ball->waiting->thread);
        ball->waiting = NULL;
    }
    if (ball->throws >= ball->last) {
        spin_unlock(&ball->lock, irq);
        wait_ops->resched();
        return;
    }
    ball->waiting = &waiter;
    KTEST_EXPECT(wait_ops->block(&waiter, &ball->lock, irq, NEVER, 0));
    KTEST_EXPECT(READ_ONCE(waiter.woken));
}

static int player(void *arg)
{
    struct ball *ball = arg;

    while (READ_ONCE(ball->throws) < ball->last) {
        play(ball);
    }
    return 0;
}

static int64_t stress_wakes = 20000;

KPARAM(stress_wakes, PARAM_INT, stress_wakes, 2, 1000000000,
       "how often two threads of the stress test wake each other");

KTEST(sched_wakes_without_losing_any)
{
    struct ball ball = {.last = (unsigned)stress_wakes / (IS_ENABLED(CONFIG_KASAN) ? 10 : 1)};
    struct thread *threads[2];

    for (unsigned i = 0; i < ARRAY_SIZE(threads); i++) {
        KTEST_REQUIRE(thread_run(&threads[i], "player", player, &ball, NULL) == 0);
    }
    for (unsigned i = 0; i < ARRAY_SIZE(threads); i++) {
        KTEST_EXPECT(thread_join(threads[i], NULL, NEVER) == 0);
    }
    KTEST_EXPECT(ball.throws >= ball.last);
}
