/* SPDX-License-Identifier: MIT */
/* Interrupts from CPU to CPU: one of the hardware's, and behind it reasons in memory. */
#include "smp_internal.h"

#include <arch/cpu.h>
#include <keel/clockevent.h>
#include <keel/trace.h>

static struct {
    uint32_t pending; /* bit n: enum ipi n */
    uint64_t taken[IPI_COUNT];
} __aligned(64) ipis[CPUS_MAX];

static void (*sender)(cpumask_t cpus);
static void (*handlers[IPI_COUNT])(void);

void ipi_set_sender(void (*send)(cpumask_t cpus))
{
    sender = send;
}

bool ipi_possible(void)
{
    return sender != NULL;
}

void ipi_set_handler(enum ipi reason, void (*handler)(void))
{
    handlers[reason] = handler;
}

/* Where no CPU can be interrupted by any, there is but one, and what it wants of itself is to look at its
 * run queue, as it does after every interrupt: the timer's will do. */
static __noinline void send_alone(cpumask_t cpus)
{
    if (cpumask_has(cpus, cpu_index())) {
        clockevent_soon();
    }
}

/* A CPU with reasons pending has been interrupted for them, or is about to be: whoever set the first
 * bit sees to it. A stop is worth a second interrupt. */
void ipi_send(cpumask_t cpus, enum ipi reason)
{
    unsigned long irq = arch_irq_save();
    cpumask_t ring = 0;
    unsigned cpu;

    trace_point(TRACE_IPI_SEND, reason, cpus, 0);
    if (unlikely(!sender)) {
        send_alone(cpus);
        cpus = 0;
    }
    cpumask_for_each(cpu, cpus)
    {
        uint32_t before = __atomic_fetch_or(&ipis[cpu].pending, 1u << reason, __ATOMIC_SEQ_CST);

        if (before == 0 || reason == IPI_STOP) {
            ring |= cpumask_of(cpu);
        }
    }
    if (ring != 0) {
        wmb();
        sender(ring);
    }
    arch_irq_restore(irq);
}

/* Takes the reasons off before it acts on them: one that comes later interrupts again. */
void ipi_handle(void)
{
    unsigned cpu = cpu_index();
    uint32_t reasons = __atomic_exchange_n(&ipis[cpu].pending, 0, __ATOMIC_SEQ_CST);

    trace_point(TRACE_IPI_ENTER, 0, reasons, 0);
    while (reasons != 0) {
        enum ipi reason = (enum ipi)__builtin_ctz(reasons);

        reasons &= reasons - 1;
        ipis[cpu].taken[reason]++;
        if (handlers[reason]) {
            handlers[reason]();
        }
    }
    trace_point(TRACE_IPI_EXIT, 0, 0, 0);
}

uint64_t ipi_taken(unsigned cpu, enum ipi reason)
{
    return __atomic_load_n(&ipis[cpu].taken[reason], __ATOMIC_RELAXED);
}
