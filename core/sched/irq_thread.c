/* SPDX-License-Identifier: MIT */
/* The threads of interrupts' second halves: one of High priority for each
 * request that has one. */
#include <keel/errno.h>
#include <keel/event.h>
#include <keel/heap.h>
#include <keel/irq.h>
#include <keel/printf.h>
#include <keel/subsystem.h>
#include <keel/thread.h>
#include <keel/timer.h>

struct irq_worker {
    struct sync_event wanted;
    struct thread *thread;
    void (*run)(void *arg);
    void *arg;
    bool stop;
};

static int work(void *arg)
{
    struct irq_worker *worker = arg;

    for (;;) {
        event_wait(&worker->wanted);
        if (READ_ONCE(worker->stop)) {
            return 0;
        }
        worker->run(worker->arg);
    }
}

static int start(const char *name, void (*run)(void *arg), void *arg, void **out)
{
    const struct thread_attr attr = {PRIORITY_HIGH, CPUMASK_ALL};
    struct irq_worker *worker = kzalloc(sizeof(*worker));
    char full_name[THREAD_NAME_MAX];
    int err;

    if (!worker) {
        return -ENOMEM;
    }
    event_init(&worker->wanted, EVENT_AUTO, false);
    worker->run = run;
    worker->arg = arg;
    ksnprintf(full_name, sizeof(full_name), "irq/%s", name);
    err = thread_run(&worker->thread, full_name, work, worker, &attr);
    if (err < 0) {
        kfree(worker);
        return err;
    }
    *out = worker;
    return 0;
}

static void wake(void *thread)
{
    struct irq_worker *worker = thread;

    event_signal(&worker->wanted);
}

static void stop(void *thread)
{
    struct irq_worker *worker = thread;

    WRITE_ONCE(worker->stop, true);
    event_signal(&worker->wanted);
    (void)thread_join(worker->thread, NULL, TIMER_NEVER);
    kfree(worker);
}

static const struct irq_thread_ops ops = {.start = start, .wake = wake, .stop = stop};

static int irq_threads_init(void)
{
    irq_set_thread_ops(&ops);
    return 0;
}

SUBSYSTEM(irq_threads, .name = "interrupt threads", .early_init = irq_threads_init,
          .privilege = PRIVILEGE_KERNEL, .deps = {"interrupt controller", "scheduler"});
