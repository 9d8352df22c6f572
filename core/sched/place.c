/* SPDX-License-Identifier: MIT */
/* Which CPU a thread goes on on, and how it gets there. */
#include "thread_internal.h"

#include <keel/smp.h>
#include <keel/trace.h>

#define PULL_TRIES 8u /* threads of a level looked at for one that may move */

struct sched_cpu sched_cpus[CPUS_MAX];
cpumask_t sched_running, sched_idle;

/* An idle CPU that gets something to do is nobody else's any more. */
static void claim(const struct sched_cpu *sched)
{
    cpumask_t mask = cpumask_of(sched->cpu);

    if ((__atomic_load_n(&sched_idle, __ATOMIC_RELAXED) & mask) != 0) {
        __atomic_fetch_and(&sched_idle, ~mask, __ATOMIC_RELAXED);
    }
}

void sched_kick(struct sched_cpu *sched)
{
    claim(sched);
    sched->resched = true;
    if (sched->cpu != cpu_index()) {
        ipi_send(cpumask_of(sched->cpu), IPI_RESCHEDULE);
    }
}

/* The level of what a CPU runs, as of some moment. The thread itself may be gone by then. */
static unsigned running_level(const struct sched_cpu *sched)
{
    return READ_ONCE(sched->level);
}

static unsigned node_of(unsigned cpu)
{
    const struct cpu *info = cpu_info(cpu);

    return info ? info->numa_node : 0;
}

/* An idle CPU: the last one, whose caches are warm, else one of its node, else any. */
static unsigned choose_idle(cpumask_t idle, unsigned last)
{
    unsigned cpu;

    if (cpumask_has(idle, last)) {
        return last;
    }
    cpumask_for_each(cpu, idle)
    {
        if (node_of(cpu) == node_of(last)) {
            return cpu;
        }
    }
    return cpumask_first(idle);
}

/* The CPU that runs what is least urgent, and has the fewest waiting. */
static unsigned choose_busy(cpumask_t cpus)
{
    unsigned best = cpumask_first(cpus), best_level = UINT32_MAX, best_count = 0, cpu;

    cpumask_for_each(cpu, cpus)
    {
        const struct sched_cpu *sched = &sched_cpus[cpu];
        unsigned level = running_level(sched), count = READ_ONCE(sched->queue.count);

        if (level < best_level || (level == best_level && count < best_count)) {
            best = cpu;
            best_level = level;
            best_count = count;
        }
    }
    return best;
}

struct sched_cpu *sched_choose(const struct thread *thread)
{
    struct sched_cpu *last = thread->sched;
    cpumask_t allowed = thread->affinity & __atomic_load_n(&sched_running, __ATOMIC_RELAXED);
    cpumask_t idle = allowed & __atomic_load_n(&sched_idle, __ATOMIC_RELAXED);
    unsigned cpu;

    if (idle != 0) {
        return &sched_cpus[choose_idle(idle, last->cpu)];
    }
    if (allowed == cpumask_of(last->cpu) || allowed == 0) {
        return last;
    }
    if (cpumask_has(allowed, last->cpu) && thread->entity.level > running_level(last)) {
        return last;
    }
    cpu = choose_busy(allowed);
    if (cpumask_has(allowed, last->cpu) &&
        thread->entity.level <= running_level(&sched_cpus[cpu])) {
        return last;
    }
    return &sched_cpus[cpu];
}

/* Locks a second CPU. False: the first had to be let go meanwhile. */
static bool lock_second(struct sched_cpu *held, struct sched_cpu *other)
{
    if (other->cpu > held->cpu) {
        sched_lock(other);
        return true;
    }
    sched_unlock(held);
    sched_lock(other);
    sched_lock(held);
    return false;
}

static void assign(struct thread *thread, struct sched_cpu *to)
{
    trace_point(TRACE_MIGRATE, to->cpu | thread->head.cpu << 8, thread->id, 0);
    __atomic_store_n(&thread->sched, to, __ATOMIC_RELAXED);
    thread->head.cpu = to->cpu;
}

bool sched_transfer(struct sched_cpu *from, struct sched_cpu *to, struct thread *thread)
{
    unsigned state = thread->state;

    if (!lock_second(from, to) &&
        (thread->sched != from || thread->state != state || thread->entity.queued ||
         thread->suspends != 0 || !sched_admits(to, thread))) {
        sched_unlock(from);
        sched_unlock(to);
        return false;
    }
    assign(thread, to);
    sched_unlock(from);
    return true;
}

/* The most urgent thread that may go to a CPU; both are locked. */
static struct thread *find_movable(struct sched_cpu *from, const struct sched_cpu *to)
{
    for (uint64_t left = from->queue.bitmap; left != 0; left &= left - 1) {
        unsigned tries = PULL_TRIES;
        struct entity *e;

        list_for_each_entry (e, &from->queue.levels[63 - bits_lowest(left)], node) {
            struct thread *thread = container_of(e, struct thread, entity);

            if (sched_admits(to, thread) && thread->special == 0) {
                return thread;
            }
            if (--tries == 0) {
                break;
            }
        }
    }
    return NULL;
}

/* The CPU with the most waiting threads, if it has any that this one should take over. */
static struct sched_cpu *find_source(const struct sched_cpu *to)
{
    cpumask_t others = __atomic_load_n(&sched_running, __ATOMIC_RELAXED) & ~cpumask_of(to->cpu);
    uint32_t most = READ_ONCE(to->queue.count) + (to->current != to->idle);
    struct sched_cpu *found = NULL;
    unsigned cpu;

    cpumask_for_each(cpu, others)
    {
        uint32_t count = READ_ONCE(sched_cpus[cpu].queue.count);

        if (count > most) {
            most = count;
            found = &sched_cpus[cpu];
        }
    }
    return found;
}

bool sched_pull(struct sched_cpu *to)
{
    struct sched_cpu *from = find_source(to);
    struct thread *thread;

    if (!from) {
        return false;
    }
    /* All that are idle would queue up for the lock of a busy one, which then waits at each of its ticks until
     * they have looked. It asks again at its next tick. */
    sched_lock(to);
    if (!sched_trylock(from)) {
        sched_unlock(to);
        return false;
    }
    thread = find_movable(from, to);
    if (thread) {
        runqueue_move(&from->queue, &to->queue, &thread->entity);
        assign(thread, to);
        to->pulls++;
        if (thread->entity.level > to->current->entity.level) {
            to->resched = true;
        }
    }
    sched_unlock(from);
    sched_unlock(to);
    return thread != NULL;
}
