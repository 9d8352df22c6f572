/* SPDX-License-Identifier: MIT */
/* All threads there are, in the order of their numbers. */
#include "registry.h"

#include "deadline.h"
#include "thread_internal.h"

#include <keel/string.h>
#include <keel/trace.h>

static struct spinlock lock;
static struct list threads = LIST_INIT(threads);
static uint64_t last_id;

void thread_register(struct thread *thread)
{
    unsigned long irq = spin_lock(&lock);

    thread->id = ++last_id;
    list_add_tail(&threads, &thread->all);
    spin_unlock(&lock, irq);
}

void thread_unregister(struct thread *thread)
{
    unsigned long irq = spin_lock(&lock);

    list_remove(&thread->all);
    spin_unlock(&lock, irq);
    if (trace_is_on(TRACE_THREAD_END)) {
        trace_record_thread(thread->id, thread->name);
    }
}

bool thread_any_bound(unsigned cpu, cpumask_t others)
{
    unsigned long irq = spin_lock(&lock);
    const struct thread *thread;
    bool found = false;

    list_for_each_entry (thread, &threads, all) {
        cpumask_t affinity = READ_ONCE(thread->affinity);

        found |= cpumask_has(affinity, cpu) && (affinity & others) == 0 &&
                 thread != sched_cpus[cpu].idle && READ_ONCE(thread->state) != THREAD_TERMINATED;
    }
    spin_unlock(&lock, irq);
    return found;
}

/* The registry's lock keeps the thread; what it does meanwhile may be a little out of date. */
static void describe(const struct thread *thread, struct thread_info *out)
{
    *out = (struct thread_info){
        .id = thread->id,
        .state = (enum thread_state)READ_ONCE(thread->state),
        .band = (enum priority)thread->entity.band,
        .deadline = deadline_is_promised(thread),
        .level = thread->entity.level,
        .cpu = thread->head.cpu,
        .affinity = thread->affinity,
        .cpu_time = cputime_to_ns(thread->entity.cpu_time),
    };
    strlcpy(out->name, thread->name, sizeof(out->name));
}

size_t thread_list(uint64_t after, struct thread_info *out, size_t count)
{
    unsigned long irq = spin_lock(&lock);
    const struct thread *thread;
    size_t got = 0;

    list_for_each_entry (thread, &threads, all) {
        if (got == count) {
            break;
        }
        if (thread->id > after) {
            describe(thread, &out[got++]);
        }
    }
    spin_unlock(&lock, irq);
    return got;
}
