/* SPDX-License-Identifier: MIT */
/* Threads of the host in the place of the scheduler's. */
#include "fake_threads.h"

#include <keel/clock.h>
#include <keel/suspend_object.h>
#include <keel/timer.h>
#include <time.h>

_Thread_local unsigned fake_cpu;
_Thread_local struct thread_head *fake_current;
uint64_t fake_counter;
uint64_t fake_counter_step;
_Thread_local bool fake_irqs_off;

uint64_t clock_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * NS_PER_SEC + (uint64_t)now.tv_nsec;
}

static struct thread *current(void)
{
    return (struct thread *)fake_current;
}

static bool wait(struct spinlock *lock, unsigned long irq, uint64_t deadline_ns, bool in_call)
{
    struct thread *self = current();
    struct timespec end = {.tv_sec = (time_t)(deadline_ns / NS_PER_SEC),
                           .tv_nsec = (long)(deadline_ns % NS_PER_SEC)};
    bool woken;

    pthread_mutex_lock(&self->mutex);
    self->blocked = true;
    spin_unlock(lock, irq);
    while (!self->ready && !(in_call && self->cancelled)) {
        if (deadline_ns == TIMER_NEVER) {
            pthread_cond_wait(&self->cond, &self->mutex);
        } else if (pthread_cond_timedwait(&self->cond, &self->mutex, &end) != 0) {
            break;
        }
    }
    woken = self->ready;
    self->ready = false;
    self->blocked = false;
    pthread_mutex_unlock(&self->mutex);
    return woken;
}

static void wake(struct thread *thread)
{
    pthread_mutex_lock(&thread->mutex);
    thread->ready = thread->blocked; /* as the scheduler: one that runs already is not made ready */
    pthread_cond_signal(&thread->cond);
    pthread_mutex_unlock(&thread->mutex);
}

static bool block(struct waiter *waiter, struct spinlock *lock, unsigned long irq,
                  uint64_t deadline_ns, uint64_t slack_ns)
{
    return wait(lock, irq, deadline_ns, false);
}

bool call_wait_for(struct thread *to, bool lends, struct spinlock *lock, unsigned long irq,
                   uint64_t deadline_ns, uint64_t slack_ns)
{
    if (to) {
        wake(to);
    }
    return wait(lock, irq, deadline_ns, true);
}

void thread_cancel_waits(struct thread *thread)
{
    pthread_mutex_lock(&thread->mutex);
    thread->cancelled = true;
    pthread_cond_signal(&thread->cond);
    pthread_mutex_unlock(&thread->mutex);
}

bool thread_is_cancelled(void)
{
    bool cancelled;

    pthread_mutex_lock(&current()->mutex);
    cancelled = current()->cancelled;
    pthread_mutex_unlock(&current()->mutex);
    return cancelled;
}

bool user_wait_goes_on(uint64_t *deadline_ns)
{
    *deadline_ns = TIMER_NEVER;
    return false;
}

static void resched(void)
{
}

unsigned fake_thread_urgency(const struct thread *thread)
{
    unsigned own = __atomic_load_n(&thread->own, __ATOMIC_RELAXED);
    unsigned boosted = __atomic_load_n(&thread->boosted, __ATOMIC_RELAXED);

    return MAX(own, boosted);
}

static void boost(struct thread *thread, unsigned urgency)
{
    __atomic_store_n(&thread->boosted, urgency, __ATOMIC_RELAXED);
}

static struct lock_state *locks(struct thread *thread)
{
    return &thread->locks;
}

static const struct wait_ops ops = {
    .block = block,
    .wake = wake,
    .resched = resched,
    .current = current,
    .urgency = fake_thread_urgency,
    .boost = boost,
    .locks = locks,
};

static void set_up(struct thread *thread, unsigned urgency)
{
    pthread_condattr_t monotonic;

    *thread = (struct thread){.own = urgency, .arg = thread->arg, .number = thread->number};
    thread->head.name = "fake";
    thread->seed = 88172645463325252ull + thread->number * 0x9e3779b97f4a7c15ull;
    pthread_mutex_init(&thread->mutex, NULL);
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&thread->cond, &monotonic);
    pthread_condattr_destroy(&monotonic);
}

void fake_threads_init(struct thread *self)
{
    set_up(self, 0);
    fake_current = &self->head;
    wait_ops = &ops;
}

static void *host_entry(void *arg)
{
    struct thread *thread = arg;

    fake_current = &thread->head;
    thread->run(thread);
    return NULL;
}

void fake_thread_start(struct thread *thread, unsigned urgency, void (*run)(struct thread *thread))
{
    set_up(thread, urgency);
    thread->run = run;
    pthread_create(&thread->host, NULL, host_entry, thread);
}

void fake_thread_join(struct thread *thread)
{
    pthread_join(thread->host, NULL);
    pthread_cond_destroy(&thread->cond);
    pthread_mutex_destroy(&thread->mutex);
}

void fake_thread_await_block(struct thread *thread)
{
    bool blocked = false;

    while (!blocked) {
        pthread_mutex_lock(&thread->mutex);
        blocked = thread->blocked;
        pthread_mutex_unlock(&thread->mutex);
        arch_cpu_relax();
    }
}

uint64_t fake_random(struct thread *thread, uint64_t limit)
{
    thread->seed ^= thread->seed << 13;
    thread->seed ^= thread->seed >> 7;
    thread->seed ^= thread->seed << 17;
    return (thread->seed >> 11) % limit;
}
