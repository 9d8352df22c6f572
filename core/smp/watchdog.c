/* SPDX-License-Identifier: MIT */
/* Finds CPUs that are stuck: each looks after itself and the next one, by a timer of its own. */
#include "smp_internal.h"

#include <arch/cpu.h>
#include <keel/clock.h>
#include <keel/panic.h>
#include <keel/param.h>
#include <keel/percpu.h>
#include <keel/subsystem.h>
#include <keel/tick.h>
#include <keel/timer.h>

#define LOOKS 4 /* in the time that a CPU may be stuck for */

static int64_t patience_s = 30;

KPARAM(watchdog, PARAM_INT, patience_s, 0, 3600,
       "seconds that a CPU may be stuck for before it is a panic (0: for ever)");

static struct watch {
    struct timer timer;
    uint64_t seen; /* when its timer fired last */
    /* Since when this thread has had preemption off each time that the timer fired. */
    const struct thread_head *thread;
    uint64_t since;
} watches[CPUS_MAX] __aligned(64);

static uint64_t patience_ns(void)
{
    return (uint64_t)patience_s * NS_PER_SEC;
}

/* The one after `cpu` among those that run, the first after the last. */
static unsigned next_of(unsigned cpu)
{
    cpumask_t others = cpu_online() & ~cpumask_of(cpu);
    cpumask_t after = others & ~((cpumask_of(cpu) << 1) - 1);

    return others == 0 ? cpu : cpumask_first(after != 0 ? after : others);
}

/* The timer of a CPU that has interrupts off does not fire. */
static void look_at_next(unsigned cpu, uint64_t now)
{
    unsigned next = next_of(cpu);
    uint64_t seen = READ_ONCE(watches[next].seen);

    if (next != cpu && !stop_is_wanted() && seen != 0 && now > seen && now - seen > patience_ns()) {
        stop_show(cpumask_of(next));
        panic("CPU %u is stuck: no interrupt for %llu ms", next,
              (unsigned long long)((now - seen) / NS_PER_MS));
    }
}

/* A thread that always has preemption off keeps all others from this CPU; the idle thread may. */
static void look_at_self(struct watch *watch, unsigned cpu, uint64_t now)
{
    const struct thread_head *thread = current_head();
    struct tick_stats tick;

    tick_get_stats(cpu, &tick);
    if (tick.idle || thread->preempt_off == 0 || thread != watch->thread) {
        watch->thread = thread;
        watch->since = now;
    } else if (now - watch->since > patience_ns()) {
        panic("CPU %u is stuck: %s has had preemption off for %llu ms", cpu, thread->name,
              (unsigned long long)((now - watch->since) / NS_PER_MS));
    }
}

static void set(struct watch *watch, uint64_t now)
{
    timer_set(&watch->timer, now + patience_ns() / LOOKS, patience_ns() / LOOKS / 2);
}

static void look(struct timer *timer)
{
    struct watch *watch = container_of(timer, struct watch, timer);
    unsigned cpu = cpu_index();
    uint64_t now = clock_ns();

    WRITE_ONCE(watch->seen, now);
    look_at_next(cpu, now);
    look_at_self(watch, cpu, now);
    set(watch, now);
}

/* Of the calling CPU. Interrupts off. */
static int start(void)
{
    struct watch *watch = &watches[cpu_index()];
    uint64_t now = clock_ns();

    if (patience_s != 0 && now != 0) {
        timer_init(&watch->timer, look);
        watch->since = now;
        WRITE_ONCE(watch->seen, now);
        set(watch, now);
    }
    return 0;
}

/* Of a CPU that goes off. Nobody looks after it any more. */
static void stop(void)
{
    struct watch *watch = &watches[cpu_index()];

    (void)timer_cancel(&watch->timer);
    WRITE_ONCE(watch->seen, 0);
}

static struct cpu_setup cpu_setup = {
    .failure = "it cannot be watched over", .stage = CPU_SETUP_REST, .setup = start, .undo = stop};

static int watchdog_init(void)
{
    unsigned long irq = arch_irq_save();

    cpu_setup_register(&cpu_setup);
    start();
    arch_irq_restore(irq);
    return 0;
}

SUBSYSTEM(watchdog, .name = "watchdog", .early_init = watchdog_init, .privilege = PRIVILEGE_KERNEL,
          .deps = {"timers"});
