/* SPDX-License-Identifier: MIT */
/* Brings up what time is told from and what interrupts for timers; the command that shows them. */
#define LOG_TAG "timers"

#include <arch/cpu.h>
#include <keel/clock.h>
#include <keel/clockevent.h>
#include <keel/clocksource.h>
#include <keel/command.h>
#include <keel/console.h>
#include <keel/driver.h>
#include <keel/log.h>
#include <keel/smp.h>
#include <keel/subsystem.h>
#include <keel/tick.h>
#include <keel/timer.h>

/* Where the machine has nothing to interrupt CPUs at a given time, they do without. */
static int start_cpu(void)
{
    int status = timers_start_cpu();

    return clockevent_of(0) ? status : 0;
}

static struct cpu_setup cpu_setup = {
    .failure = "nothing can interrupt it at a given time",
    .stage = CPU_SETUP_TIMER,
    .setup = start_cpu,
    .undo = timers_stop_cpu,
};

static int timers_init(void)
{
    unsigned long irq;
    int status;

    drivers_probe(DRIVER_TIMER);
    cpu_setup_register(&cpu_setup);
    irq = arch_irq_save();
    status = timers_start_cpu();
    arch_irq_restore(irq);
    if (status < 0) {
        log_warn("nothing can interrupt this CPU at a given time: timers do not fire");
    }
    return 0;
}

SUBSYSTEM(timers, .name = "timers", .early_init = timers_init, .privilege = PRIVILEGE_DRIVER,
          .deps = {"interrupt controller"});

static void print_clocks(void)
{
    const struct clocksource *used = clocksource_current();

    for (const struct clocksource *s = clocksource_first(); s; s = s->next) {
        console_printf("clock %s: %llu Hz, rating %u%s%s\n", s->name, (unsigned long long)s->hz,
                       s->rating,
                       s->flags & CLOCKSOURCE_UNSYNCHRONISED ? ", differs between CPUs" : "",
                       s == used ? ", in use" : "");
    }
}

static void print_cpu(unsigned cpu)
{
    const struct clockevent *device = clockevent_of(cpu);
    struct timer_stats timers;
    struct tick_stats tick;

    timer_get_stats(cpu, &timers);
    tick_get_stats(cpu, &tick);
    console_printf("cpu %u: %s, %u timers set, %llu fired in %llu interrupts, set %llu times, "
                   "%llu ns late at worst\n",
                   cpu, device ? device->name : "no event device", timers.set,
                   (unsigned long long)timers.expired, (unsigned long long)timers.interrupts,
                   (unsigned long long)timers.programmed, (unsigned long long)timers.worst_late_ns);
    console_printf("cpu %u: %llu ticks, %llu skipped%s\n", cpu, (unsigned long long)tick.ticks,
                   (unsigned long long)tick.skipped, tick.stopped ? ", stopped" : "");
}

static int cmd_timers(int argc, char **argv)
{
    unsigned cpu;

    print_clocks();
    console_printf("tick: %d Hz\n", CONFIG_HZ);
    cpumask_for_each(cpu, cpu_online())
    {
        print_cpu(cpu);
    }
    return 0;
}

COMMAND(timers, "", "print the clocks, and the timers and ticks of each CPU", cmd_timers);
