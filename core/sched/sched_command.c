/* SPDX-License-Identifier: MIT */
/* The commands `threads` and `sched`. */
#include "deadline.h"
#include "registry.h"
#include "thread_internal.h"

#include <keel/command.h>
#include <keel/console.h>

#define BATCH 8u

static const char *const state_names[] = {
    [THREAD_CREATED] = "Created",       [THREAD_READY] = "Ready",
    [THREAD_RUNNING] = "Running",       [THREAD_BLOCKED] = "Blocked",
    [THREAD_SLEEPING] = "Sleeping",     [THREAD_SUSPENDED] = "Suspended",
    [THREAD_TERMINATED] = "Terminated", [THREAD_THROTTLED] = "Throttled",
};

static const char *const band_names[] = {
    [PRIORITY_IDLE] = "Idle", [PRIORITY_LOW] = "Low",           [PRIORITY_NORMAL] = "Normal",
    [PRIORITY_HIGH] = "High", [PRIORITY_REALTIME] = "Realtime",
};

static void print_thread(const struct thread_info *thread)
{
    console_printf("%6llu %-10s %-8s %5u %3u %9llu.%03llu  %s\n", (unsigned long long)thread->id,
                   state_names[thread->state],
                   thread->deadline ? "Deadline" : band_names[thread->band], thread->level,
                   thread->cpu, (unsigned long long)thread->cpu_time / 1000000,
                   (unsigned long long)thread->cpu_time / 1000 % 1000, thread->name);
}

static int cmd_threads(int argc, char **argv)
{
    struct thread_info batch[BATCH];
    struct thread_walk walk;
    size_t got;

    (void)argc;
    (void)argv;
    console_printf("    id state      priority level cpu   cpu time/ms  name\n");
    thread_walk_begin(&walk);
    while ((got = thread_walk_next(&walk, batch, BATCH)) != 0) {
        for (size_t i = 0; i < got; i++) {
            print_thread(&batch[i]);
        }
    }
    thread_walk_end(&walk);
    return 0;
}

COMMAND(threads, "", "list the threads", cmd_threads);

static int cmd_sched(int argc, char **argv)
{
    cpumask_t cpus = __atomic_load_n(&sched_running, __ATOMIC_RELAXED);
    unsigned cpu;

    (void)argc;
    (void)argv;
    console_printf("cpu ready   switches  preempted     pulled    rescued promised  runs\n");
    cpumask_for_each(cpu, cpus)
    {
        const struct sched_cpu *sched = &sched_cpus[cpu];
        bool idle = cpumask_has(__atomic_load_n(&sched_idle, __ATOMIC_RELAXED), cpu);

        console_printf("%3u %5u %10llu %10llu %10llu %10llu %7u%%  %s\n", cpu,
                       READ_ONCE(sched->queue.count), (unsigned long long)sched->switches,
                       (unsigned long long)sched->preemptions, (unsigned long long)sched->pulls,
                       (unsigned long long)sched->queue.rescues,
                       READ_ONCE(sched->promised) / (CBS_WHOLE / 100), idle ? "idle" : "a thread");
    }
    return 0;
}

COMMAND(sched, "", "print what the scheduler did on each CPU", cmd_sched);
