/* SPDX-License-Identifier: MIT */
/* Timers under four CPUs at once, each a thread that takes its interrupts between two steps; built with
 * ThreadSanitizer. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <pthread.h>
#include <time.h>

#include <keel/clock.h>
#include <keel/errno.h>
#include <keel/timer.h>

#include "../../core/time/clockevent.h"

#define CPUS   4
#define TIMERS 6
#define STEPS  20000

uint64_t fake_counter;
uint64_t fake_counter_step;
_Thread_local unsigned fake_cpu;
_Thread_local bool fake_irqs_off;
_Thread_local struct thread_head *fake_current;

static _Thread_local uint64_t device_deadline;

uint64_t clock_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * NS_PER_SEC + (uint64_t)now.tv_nsec;
}

static int device_start(void)
{
    return 0;
}

static void device_set(uint64_t deadline_ns)
{
    device_deadline = deadline_ns;
}

static void device_stop(void)
{
    device_deadline = TIMER_NEVER;
}

static struct clockevent device = {"device", 1, device_start, device_set, device_stop, NULL};

static struct shared {
    struct timer timer;
    uint64_t payload; /* the callback's alone, or of who has cancelled it for good */
    unsigned running;
    unsigned fired, set;
    pthread_mutex_t owner; /* of setting it, and of taking it away */
} shared[TIMERS];

static unsigned failures;

static void on_timer(struct timer *timer)
{
    struct shared *s = container_of(timer, struct shared, timer);

    if (__atomic_add_fetch(&s->running, 1, __ATOMIC_RELAXED) != 1) {
        __atomic_add_fetch(&failures, 1, __ATOMIC_RELAXED);
    }
    s->payload++; /* a race if it ran twice, or after it was cancelled */
    __atomic_add_fetch(&s->fired, 1, __ATOMIC_RELAXED);
    __atomic_sub_fetch(&s->running, 1, __ATOMIC_RELAXED);
    if (s->payload % 8 == 0) {
        timer_set(timer, clock_ns() + 1000, 500);
        __atomic_add_fetch(&s->set, 1, __ATOMIC_RELAXED);
    }
}

static void take_interrupt(void)
{
    if (device_deadline <= clock_ns()) {
        clockevent_fired();
    }
}

static void step(uint64_t random)
{
    struct shared *s = &shared[random % TIMERS];

    random /= TIMERS;
    if (random % 8 == 0) {
        timer_cancel(&s->timer);
        return;
    }
    pthread_mutex_lock(&s->owner);
    if (random % 8 == 1) {
        timer_cancel_sync(&s->timer);
        s->payload++;
    } else {
        __atomic_add_fetch(&s->set, 1, __ATOMIC_RELAXED);
        timer_set(&s->timer, clock_ns() + random / 8 % 20000, random / 8 % 5000);
    }
    pthread_mutex_unlock(&s->owner);
}

static void *cpu_main(void *arg)
{
    uint64_t random = 88172645463325252u + (uintptr_t)arg;

    fake_cpu = (unsigned)(uintptr_t)arg;
    device_deadline = TIMER_NEVER;
    clockevent_start_cpu();
    for (unsigned i = 0; i < STEPS; i++) {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        step(random >> 8);
        take_interrupt();
    }
    /* What is set here still fires here. */
    while (timer_cpus[fake_cpu].device && device_deadline != TIMER_NEVER) {
        take_interrupt();
    }
    return NULL;
}

static void test_race(void **state)
{
    pthread_t threads[CPUS];
    unsigned fired = 0;

    (void)state;
    clockevent_register(&device);
    for (unsigned i = 0; i < TIMERS; i++) {
        timer_init(&shared[i].timer, on_timer);
        pthread_mutex_init(&shared[i].owner, NULL);
    }
    for (uintptr_t cpu = 0; cpu < CPUS; cpu++) {
        pthread_create(&threads[cpu], NULL, cpu_main, (void *)cpu);
    }
    for (unsigned cpu = 0; cpu < CPUS; cpu++) {
        pthread_join(threads[cpu], NULL);
    }
    for (unsigned i = 0; i < TIMERS; i++) {
        assert_true(shared[i].fired <= shared[i].set);
        fired += shared[i].fired;
    }
    assert_int_equal(failures, 0);
    assert_true(fired > 100);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_race),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
