/* SPDX-License-Identifier: MIT */
/* Measures how long each CPU has interrupts off at a stretch. Runs where interrupts are off, and uses
 * nothing that might turn them off itself. */
#include <arch/cpu.h>
#include <keel/irqs_off.h>
#include <keel/percpu.h>

static struct {
    uint64_t since; /* 0: on, or not to be counted */
    virt_addr_t from;
    bool counts; /* this CPU has had interrupts on */
    struct irqs_off longest;
} __aligned(64) cpus[CPUS_MAX];

void irqs_off_start(void)
{
    unsigned cpu = cpu_index();

    if (cpus[cpu].counts && cpus[cpu].since == 0) {
        cpus[cpu].from = (virt_addr_t)__builtin_return_address(0);
        cpus[cpu].since = arch_counter();
    }
}

void irqs_off_stop(void)
{
    unsigned cpu = cpu_index();
    uint64_t ticks = arch_counter() - cpus[cpu].since;

    if (cpus[cpu].since != 0 && ticks > cpus[cpu].longest.ticks) {
        cpus[cpu].longest = (struct irqs_off){
            .ticks = ticks,
            .cpu = cpu,
            .from = cpus[cpu].from,
            .to = (virt_addr_t)__builtin_return_address(0),
        };
    }
    cpus[cpu].since = 0;
    cpus[cpu].counts = true;
}

void irqs_off_forget(void)
{
    unsigned cpu = cpu_index();

    cpus[cpu].counts = false;
    cpus[cpu].since = 0;
}

void irqs_off_longest(struct irqs_off *out)
{
    *out = cpus[0].longest;
    for (unsigned cpu = 1; cpu < CPUS_MAX; cpu++) {
        if (cpus[cpu].longest.ticks > out->ticks) {
            *out = cpus[cpu].longest;
        }
    }
}

void irqs_off_reset(void)
{
    for (unsigned cpu = 0; cpu < CPUS_MAX; cpu++) {
        cpus[cpu].longest = (struct irqs_off){.ticks = 0};
    }
}
