/* SPDX-License-Identifier: MIT */
/* Event devices: which of them each CPU uses, and what it is set to. */
#include "clockevent.h"

#include <arch/cpu.h>
#include <keel/errno.h>
#include <keel/timer.h>

struct timer_cpu timer_cpus[CPUS_MAX];

static struct clockevent *devices; /* the highest rating first */

void clockevent_program(struct timer_cpu *cpu, uint64_t deadline_ns)
{
    cpu->deadline = deadline_ns;
    if (!cpu->device) {
        return;
    }
    if (deadline_ns == TIMER_NEVER) {
        cpu->device->stop();
    } else {
        cpu->programmed++;
        cpu->device->set_deadline(deadline_ns);
    }
}

/* A deadline of 0 stays until the interrupt has come: timers that are set meanwhile do not put it off. */
void clockevent_soon(void)
{
    clockevent_program(&timer_cpus[cpu_index()], 0);
}

/* The first that starts; the one in use is as good as any after it. */
static const struct clockevent *choose(const struct timer_cpu *cpu)
{
    for (const struct clockevent *device = devices; device; device = device->next) {
        if (device == cpu->device || device->start_cpu() == 0) {
            return device;
        }
    }
    return NULL;
}

int clockevent_start_cpu(void)
{
    struct timer_cpu *cpu = &timer_cpus[cpu_index()];
    const struct clockevent *before = cpu->device;

    if (!cpu->started) {
        cpu->started = true;
        cpu->deadline = TIMER_NEVER;
    }
    cpu->device = choose(cpu);
    if (cpu->device != before) {
        if (before) {
            before->stop();
        }
        clockevent_program(cpu, cpu->deadline);
    }
    return cpu->device ? 0 : -ENODEV;
}

void clockevent_stop_cpu(void)
{
    struct timer_cpu *cpu = &timer_cpus[cpu_index()];

    clockevent_program(cpu, TIMER_NEVER);
    cpu->device = NULL;
}

void clockevent_register(struct clockevent *device)
{
    unsigned long irq = arch_irq_save();
    struct clockevent **at = &devices;

    while (*at && (*at)->rating >= device->rating) {
        at = &(*at)->next;
    }
    device->next = *at;
    *at = device;
    if (timer_cpus[cpu_index()].started) {
        clockevent_start_cpu();
    }
    arch_irq_restore(irq);
}

const struct clockevent *clockevent_of(unsigned cpu)
{
    return timer_cpus[cpu].device;
}
