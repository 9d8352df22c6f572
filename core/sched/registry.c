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
    thread->all.is_walk = false;
    list_add_tail(&threads, &thread->all.node);
    spin_unlock(&lock, irq);
}

void thread_unregister(struct thread *thread)
{
    unsigned long irq = spin_lock(&lock);

    list_remove(&thread->all.node);
    spin_unlock(&lock, irq);
    if (trace_is_on(TRACE_THREAD_END)) {
        trace_record_thread(thread->id, thread->name);
    }
}

/* --- Walks --- */

#define STRETCH 32u /* threads looked at with interrupts off */

void thread_walk_begin(struct thread_walk *walk)
{
    unsigned long irq = spin_lock(&lock);

    walk->place.is_walk = true;
    list_add_head(&threads, &walk->place.node);
    spin_unlock(&lock, irq);
}

void thread_walk_end(struct thread_walk *walk)
{
    unsigned long irq = spin_lock(&lock);

    list_remove(&walk->place.node);
    spin_unlock(&lock, irq);
}

/* Goes past the next thread, and returns it; NULL: there is none. The lock is held. */
static const struct thread *walk_on(struct thread_walk *walk)
{
    struct list_node *node = &walk->place.node;

    while ((node = list_next(&threads, node)) != NULL) {
        struct registered *place = list_entry(node, struct registered, node);

        if (!place->is_walk) {
            list_remove(&walk->place.node);
            list_add_after(node, &walk->place.node);
            return container_of(place, struct thread, all);
        }
    }
    return NULL;
}

static bool is_bound(const struct thread *thread, unsigned cpu, cpumask_t others)
{
    cpumask_t affinity = READ_ONCE(thread->affinity);

    return cpumask_has(affinity, cpu) && (affinity & others) == 0 &&
           thread != sched_cpus[cpu].idle && READ_ONCE(thread->state) != THREAD_TERMINATED;
}

/* Of the next threads; *last: behind them there is none. */
static bool any_bound_of_next(struct thread_walk *walk, unsigned cpu, cpumask_t others, bool *last)
{
    unsigned long irq = spin_lock(&lock);
    bool found = false;

    for (unsigned i = 0; i < STRETCH && !*last && !found; i++) {
        const struct thread *thread = walk_on(walk);

        *last = thread == NULL;
        found = thread && is_bound(thread, cpu, others);
    }
    spin_unlock(&lock, irq);
    return found;
}

bool thread_any_bound(unsigned cpu, cpumask_t others)
{
    struct thread_walk walk;
    bool last = false, found = false;

    thread_walk_begin(&walk);
    while (!last && !found) {
        found = any_bound_of_next(&walk, cpu, others, &last);
    }
    thread_walk_end(&walk);
    return found;
}

/* The registry's lock keeps the thread; what it does meanwhile may be a little out of date. */
static void describe(const struct thread *thread, struct thread_info *out)
{
    *out = (struct thread_info){
        .id = thread->id,
        .state = sched_state_shown(READ_ONCE(thread->state)),
        .band = (enum priority)thread->entity.band,
        .deadline = deadline_is_promised(thread),
        .level = thread->entity.level,
        .cpu = thread->head.cpu,
        .affinity = thread->affinity,
        .cpu_time = cputime_to_ns(thread->entity.cpu_time),
    };
    strlcpy(out->name, thread->name, sizeof(out->name));
}

size_t thread_walk_next(struct thread_walk *walk, struct thread_info *out, size_t count)
{
    unsigned long irq = spin_lock(&lock);
    size_t got = 0;

    while (got < count) {
        const struct thread *thread = walk_on(walk);

        if (!thread) {
            break;
        }
        describe(thread, &out[got++]);
    }
    spin_unlock(&lock, irq);
    return got;
}
