/* SPDX-License-Identifier: MIT */
/* What locks cost that nobody else wants. */
#include <keel/bench.h>
#include <keel/clock.h>
#include <keel/event.h>
#include <keel/mutex.h>
#include <keel/rwlock.h>
#include <keel/semaphore.h>
#include <keel/spinlock.h>
#include <keel/thread.h>

static struct spinlock spin;
static struct mutex mutex;
static struct rwlock rwlock;
static struct semaphore semaphore;
static struct sync_event event;

BENCH(spinlock, "spinlock.uncontended", NULL)
{
    spin_unlock(&spin, spin_lock(&spin));
}

BENCH(mutex, "mutex.uncontended", NULL)
{
    mutex_lock(&mutex);
    mutex_unlock(&mutex);
}

BENCH(rwlock_read, "rwlock.read", NULL)
{
    rwlock_read(&rwlock);
    rwlock_read_done(&rwlock);
}

BENCH(rwlock_write, "rwlock.write", NULL)
{
    rwlock_write(&rwlock);
    rwlock_write_done(&rwlock);
}

BENCH(semaphore, "semaphore.uncontended", NULL)
{
    semaphore_up(&semaphore);
    semaphore_down(&semaphore);
}

BENCH(event_signal, "event.signal.kernel", NULL)
{
    event_signal(&event);
}

/* --- From thread to thread: there and back, two switches --- */

static struct semaphore there, back;

static int answer(void *arg)
{
    for (;;) {
        semaphore_down(&there);
        semaphore_up(&back);
    }
    return 0;
}

/* Each step takes the next of three and lets the last go: nobody gets more than a step ahead. */
static struct mutex steps[3];
static unsigned at_step;

static void step(unsigned at)
{
    mutex_lock(&steps[(at + 1) % 3]);
    mutex_unlock(&steps[at % 3]);
}

static int follow(void *arg)
{
    mutex_lock(&steps[2]);
    for (unsigned at = 2;; at = (at + 1) % 3) {
        step(at);
    }
    return 0;
}

static void start_partner(const char *name, thread_entry_t *entry)
{
    struct thread_attr attr = {PRIORITY_NORMAL, cpumask_of(0)};
    struct thread *thread;

    if (thread_run(&thread, name, entry, NULL, &attr) == 0) {
        thread_detach(thread);
    }
}

static void start_answering(void)
{
    start_partner("answer", answer);
}

BENCH(semaphore_pingpong, "semaphore.pingpong", start_answering)
{
    semaphore_up(&there);
    semaphore_down(&back);
}

static void start_following(void)
{
    mutex_lock(&steps[0]);
    start_partner("follow", follow);
    thread_sleep(NS_PER_MS);
}

BENCH(mutex_pingpong, "mutex.pingpong", start_following)
{
    step(at_step);
    at_step = (at_step + 1) % 3;
}
