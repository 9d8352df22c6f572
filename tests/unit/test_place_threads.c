/* SPDX-License-Identifier: MIT */
/* Threads that four CPUs, each a thread of the host, run, block, wake and take from each other; built with
 * ThreadSanitizer. */
#include "../../core/sched/thread_internal.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <pthread.h>

#include <keel/smp.h>

#define CPUS    4u
#define THREADS 24u
#define STEPS   20000u

_Thread_local unsigned fake_cpu;
_Thread_local struct thread_head *fake_current;
_Thread_local bool fake_irqs_off;
uint64_t fake_counter, fake_counter_step;

static struct thread threads[THREADS], idles[CPUS];
static unsigned kicks, pulls, switches;

const struct cpu *cpu_info(unsigned index)
{
    static const struct cpu cpus[CPUS] = {
        {.numa_node = 0}, {.numa_node = 1}, {.numa_node = 0}, {.numa_node = 1}};

    return &cpus[index];
}

void ipi_send(cpumask_t targets, enum ipi reason)
{
    (void)reason;
    assert_int_not_equal(targets, 0);
    __atomic_fetch_add(&kicks, 1, __ATOMIC_RELAXED);
}

/* As the scheduler does: the thread's own CPU is locked until the one that it goes to is. */
static void wake(struct thread *thread, unsigned state)
{
    struct sched_cpu *sched, *to;

    do {
        sched = sched_lock_thread(thread);
        if (thread->state != state || thread->entity.queued) {
            sched_unlock(sched);
            return;
        }
        to = sched_choose(thread);
    } while (to != sched && !sched_transfer(sched, to, thread));
    thread->state = THREAD_READY;
    entity_wake(&thread->entity);
    runqueue_add(&to->queue, &thread->entity);
    if (thread->entity.level > to->current->entity.level) {
        sched_kick(to);
    }
    sched_unlock(to);
}

/* Goes on with whose turn it is; who ran so far is to be in `state`. */
static void go_on(struct sched_cpu *sched, enum thread_state state)
{
    struct entity *next;

    sched_lock(sched);
    if (sched->current != sched->idle) {
        sched->current->state = (uint8_t)state;
        if (state == THREAD_READY) {
            runqueue_add(&sched->queue, &sched->current->entity);
        }
    }
    next = runqueue_take(&sched->queue);
    sched->current = next ? container_of(next, struct thread, entity) : sched->idle;
    sched->current->state = THREAD_RUNNING;
    sched_publish_level(sched);
    if (!next) {
        __atomic_fetch_or(&sched_idle, cpumask_of(sched->cpu), __ATOMIC_RELAXED);
    }
    sched_unlock(sched);
    __atomic_fetch_add(&switches, next != NULL, __ATOMIC_RELAXED);
}

/* Who waits may come to prefer other CPUs, the first one always among them. */
static void prefer(struct thread *thread, uint64_t random)
{
    struct sched_cpu *sched = sched_lock_thread(thread);

    if (thread->state == THREAD_BLOCKED) {
        thread->affinity = (random % BIT(CPUS)) | 1;
    }
    sched_unlock(sched);
}

static void step(struct sched_cpu *sched, uint64_t random)
{
    struct thread *thread = &threads[random / 16 % THREADS];

    switch (random % 16) {
    case 0:
        prefer(thread, random / 1024);
        break;
    case 1:
    case 2:
        __atomic_fetch_add(&pulls, sched_pull(sched), __ATOMIC_RELAXED);
        break;
    case 3:
    case 4:
    case 5:
        go_on(sched, THREAD_READY);
        break;
    case 6:
    case 7:
    case 8:
    case 9:
        go_on(sched, THREAD_BLOCKED);
        break;
    default:
        wake(thread, THREAD_BLOCKED);
    }
}

static void *cpu_main(void *arg)
{
    uint64_t random = 88172645463325252u + (uintptr_t)arg;

    fake_cpu = (unsigned)(uintptr_t)arg;
    for (unsigned i = 0; i < STEPS; i++) {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        step(&sched_cpus[fake_cpu], random >> 8);
    }
    return NULL;
}

static void set_up(void)
{
    for (unsigned cpu = 0; cpu < CPUS; cpu++) {
        sched_cpus[cpu].cpu = cpu;
        sched_cpus[cpu].mask = cpumask_of(cpu);
        sched_cpus[cpu].idle = sched_cpus[cpu].current = &idles[cpu];
        runqueue_init(&sched_cpus[cpu].queue);
    }
    for (unsigned i = 0; i < THREADS; i++) {
        threads[i].sched = &sched_cpus[i % CPUS];
        threads[i].head.cpu = i % CPUS;
        threads[i].affinity = CPUMASK_ALL;
        threads[i].state = THREAD_BLOCKED;
        entity_init(&threads[i].entity, (enum priority)(PRIORITY_LOW + i % 3));
    }
    sched_running = sched_idle = BIT(CPUS) - 1;
}

/* Each thread is where it says that it is, and nowhere else. */
static void check_places(void)
{
    unsigned ready[CPUS] = {0};

    for (unsigned i = 0; i < THREADS; i++) {
        const struct thread *thread = &threads[i];
        const struct sched_cpu *sched = thread->sched;

        assert_int_equal(thread->head.cpu, sched->cpu);
        assert_int_equal(thread->entity.queued, thread->state == THREAD_READY);
        assert_int_equal(sched->current == thread, thread->state == THREAD_RUNNING);
        ready[sched->cpu] += thread->state == THREAD_READY;
    }
    for (unsigned cpu = 0; cpu < CPUS; cpu++) {
        assert_int_equal(sched_cpus[cpu].queue.count, ready[cpu]);
        while (runqueue_take(&sched_cpus[cpu].queue)) {
            ready[cpu]--;
        }
        assert_int_equal(ready[cpu], 0);
    }
}

static void test_race(void **state)
{
    pthread_t cpus[CPUS];

    (void)state;
    set_up();
    for (uintptr_t cpu = 0; cpu < CPUS; cpu++) {
        assert_int_equal(pthread_create(&cpus[cpu], NULL, cpu_main, (void *)cpu), 0);
    }
    for (unsigned cpu = 0; cpu < CPUS; cpu++) {
        pthread_join(cpus[cpu], NULL);
    }
    check_places();
    assert_true(switches > 1000 && kicks > 0 && pulls > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_race),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
