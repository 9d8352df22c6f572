/* SPDX-License-Identifier: MIT */
/* Which CPU a thread goes on on: four CPUs on two nodes, whose threads are the test's. */
#include "../../core/sched/thread_internal.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <keel/smp.h>

#define CPUS 4u

_Thread_local unsigned fake_cpu;
_Thread_local struct thread_head *fake_current;
_Thread_local bool fake_irqs_off;
uint64_t fake_counter, fake_counter_step;

static struct cpu cpus[CPUS] = {
    {.index = 0, .numa_node = 0},
    {.index = 1, .numa_node = 1},
    {.index = 2, .numa_node = 0},
    {.index = 3, .numa_node = 1},
};
static struct thread idles[CPUS], runs[CPUS], others[8];
static cpumask_t interrupted;

const struct cpu *cpu_info(unsigned index)
{
    return index < CPUS ? &cpus[index] : NULL;
}

void ipi_send(cpumask_t targets, enum ipi reason)
{
    assert_int_equal(reason, IPI_RESCHEDULE);
    interrupted |= targets;
}

static void set_level(struct thread *thread, unsigned level)
{
    thread->entity = (struct entity){.level = (uint8_t)level};
}

static void run_on(unsigned cpu, struct thread *thread)
{
    sched_cpus[cpu].current = thread;
    sched_publish_level(&sched_cpus[cpu]);
}

/* Every CPU runs a thread of level 10. */
static int setup(void **state)
{
    (void)state;
    memset(sched_cpus, 0, CPUS * sizeof(sched_cpus[0]));
    memset(others, 0, sizeof(others));
    for (unsigned cpu = 0; cpu < CPUS; cpu++) {
        sched_cpus[cpu].cpu = cpu;
        sched_cpus[cpu].mask = cpumask_of(cpu);
        runqueue_init(&sched_cpus[cpu].queue);
        set_level(&idles[cpu], 0);
        set_level(&runs[cpu], 10);
        sched_cpus[cpu].idle = &idles[cpu];
        run_on(cpu, &runs[cpu]);
    }
    sched_running = BIT(CPUS) - 1;
    sched_idle = 0;
    interrupted = 0;
    fake_cpu = 0;
    return 0;
}

/* Where a thread of that level goes that ran last on `last`. */
static unsigned choose(unsigned level, unsigned last, cpumask_t affinity)
{
    struct thread thread = {.sched = &sched_cpus[last], .affinity = affinity};

    set_level(&thread, level);
    return sched_choose(&thread)->cpu;
}

static void make_idle(cpumask_t mask)
{
    unsigned cpu;

    cpumask_for_each(cpu, mask)
    {
        run_on(cpu, &idles[cpu]);
    }
    sched_idle = mask;
}

static void test_an_idle_cpu_comes_first(void **state)
{
    (void)state;
    make_idle(cpumask_of(1) | cpumask_of(2) | cpumask_of(3));
    assert_int_equal(choose(5, 3, CPUMASK_ALL), 3); /* the last one */
    assert_int_equal(choose(5, 0, CPUMASK_ALL), 2); /* one of its node */
    assert_int_equal(choose(5, 0, cpumask_of(0) | cpumask_of(3)), 3);
    assert_int_equal(choose(20, 0, cpumask_of(0)), 0);
    sched_running = cpumask_of(0) | cpumask_of(1);
    assert_int_equal(choose(5, 0, CPUMASK_ALL), 1);
}

static void test_goes_where_it_would_run(void **state)
{
    (void)state;
    assert_int_equal(choose(11, 2, CPUMASK_ALL), 2);
    assert_int_equal(choose(10, 2, CPUMASK_ALL), 2); /* nowhere at once: stays */
    set_level(&runs[3], 7);
    run_on(3, &runs[3]);
    assert_int_equal(choose(10, 2, CPUMASK_ALL), 3);
    assert_int_equal(choose(7, 2, CPUMASK_ALL), 2);
    assert_int_equal(choose(7, 2, cpumask_of(0) | cpumask_of(3)), 3);
    assert_int_equal(choose(10, 2, ~cpumask_of(3)), 2);
    set_level(&runs[1], 7);
    run_on(1, &runs[1]);
    sched_cpus[1].queue.count = 1;
    assert_int_equal(choose(10, 2, CPUMASK_ALL), 3); /* of two, the one with the fewest waiting */
}

/* What another CPU ran a moment ago may have ended, and be freed. */
static void test_does_not_look_at_other_cpus_threads(void **state)
{
    struct thread *ended = malloc(sizeof(*ended));

    (void)state;
    assert_non_null(ended);
    set_level(ended, 3);
    run_on(1, ended);
    free(ended);
    assert_int_equal(choose(5, 0, CPUMASK_ALL), 1);
}

static void queue_on(unsigned cpu, struct thread *thread, unsigned level, cpumask_t affinity)
{
    set_level(thread, level);
    thread->affinity = affinity;
    thread->sched = &sched_cpus[cpu];
    thread->head.cpu = cpu;
    runqueue_add(&sched_cpus[cpu].queue, &thread->entity);
}

static void test_pulls_the_most_urgent_that_may(void **state)
{
    (void)state;
    queue_on(1, &others[0], 4, CPUMASK_ALL);
    queue_on(2, &others[1], 9, cpumask_of(2));
    queue_on(2, &others[2], 5, CPUMASK_ALL);
    queue_on(2, &others[3], 6, CPUMASK_ALL);
    make_idle(cpumask_of(0));
    assert_true(sched_pull(&sched_cpus[0]));
    assert_ptr_equal(others[3].sched, &sched_cpus[0]);
    assert_int_equal(others[3].head.cpu, 0);
    assert_int_equal(sched_cpus[0].queue.count, 1);
    assert_int_equal(sched_cpus[2].queue.count, 2);
    assert_true(sched_cpus[0].resched);
    assert_int_equal(sched_cpus[0].pulls, 1);
    assert_false(spin_is_locked(&sched_cpus[0].lock) || spin_is_locked(&sched_cpus[2].lock));
    /* Whoever has the other one's queue is not waited for. */
    sched_lock(&sched_cpus[2]);
    assert_false(sched_pull(&sched_cpus[0]));
    assert_false(spin_is_locked(&sched_cpus[0].lock));
    sched_unlock(&sched_cpus[2]);
    /* Now both have the same, and a thread here is not worth more there. */
    assert_true(sched_pull(&sched_cpus[0]));
    assert_false(sched_pull(&sched_cpus[0]));
}

static void test_a_cpu_is_told_once(void **state)
{
    (void)state;
    make_idle(cpumask_of(1));
    sched_kick(&sched_cpus[1]);
    assert_int_equal(interrupted, cpumask_of(1));
    assert_int_equal(sched_idle, 0);
    interrupted = 0;
    sched_kick(&sched_cpus[0]);
    assert_int_equal(interrupted, 0); /* the own one */
    assert_true(sched_cpus[0].resched);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_an_idle_cpu_comes_first, setup),
        cmocka_unit_test_setup(test_goes_where_it_would_run, setup),
        cmocka_unit_test_setup(test_does_not_look_at_other_cpus_threads, setup),
        cmocka_unit_test_setup(test_pulls_the_most_urgent_that_may, setup),
        cmocka_unit_test_setup(test_a_cpu_is_told_once, setup),
    };

    return cmocka_run_group_tests_name("place", tests, NULL, NULL);
}
