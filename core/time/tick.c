/* SPDX-License-Identifier: MIT */
/* The tick: a timer of each CPU that sets itself again, unless the CPU is idle. */
#include "clockevent.h"

#include <keel/percpu.h>
#include <keel/tick.h>
#include <keel/timer.h>
#include <keel/trace.h>

static struct tick_cpu {
    struct timer timer;
    uint64_t next; /* when it is to come, also while it is stopped */
    uint64_t ticks;
    uint64_t skipped;
    bool idle;
} cpus[CPUS_MAX] __aligned(64);

static void (*tick_hook)(uint64_t now_ns);

void tick_set_hook(void (*hook)(uint64_t now_ns))
{
    WRITE_ONCE(tick_hook, hook);
}

/* Sets it for its next time after now; those that nobody waited for are skipped. */
static void set(struct tick_cpu *cpu, uint64_t now)
{
    if (cpu->next <= now) {
        uint64_t missed = (now - cpu->next) / TICK_NS + 1;

        cpu->skipped += missed;
        cpu->next += missed * TICK_NS;
    }
    timer_set(&cpu->timer, cpu->next, 0);
}

static void on_tick(struct timer *timer)
{
    struct tick_cpu *cpu = container_of(timer, struct tick_cpu, timer);
    void (*hook)(uint64_t) = READ_ONCE(tick_hook);
    uint64_t now = clock_ns();

    cpu->ticks++;
    trace_point(TRACE_TICK, 0, cpu->ticks, 0);
    cpu->next += TICK_NS;
    if (!cpu->idle) {
        set(cpu, now);
    }
    if (hook) {
        hook(now);
    }
}

void tick_idle_enter(void)
{
    WRITE_ONCE(cpus[cpu_index()].idle, true);
}

void tick_idle_exit(void)
{
    struct tick_cpu *cpu = &cpus[cpu_index()];

    WRITE_ONCE(cpu->idle, false);
    if (!timer_is_set(&cpu->timer) && cpu->timer.fn) {
        set(cpu, clock_ns());
    }
}

int timers_start_cpu(void)
{
    struct tick_cpu *cpu = &cpus[cpu_index()];
    int status = clockevent_start_cpu();
    uint64_t now = clock_ns();

    timer_init(&cpu->timer, on_tick);
    cpu->next = now + TICK_NS;
    set(cpu, now);
    timer_start();
    return status;
}

void timers_stop_cpu(void)
{
    (void)timer_cancel(&cpus[cpu_index()].timer);
    clockevent_stop_cpu();
}

void tick_get_stats(unsigned cpu, struct tick_stats *stats)
{
    const struct tick_cpu *tick = &cpus[cpu];

    *stats = (struct tick_stats){.ticks = READ_ONCE(tick->ticks),
                                 .skipped = READ_ONCE(tick->skipped),
                                 .idle = READ_ONCE(tick->idle),
                                 .stopped = !timer_is_set(&tick->timer)};
}
