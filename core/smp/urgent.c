/* SPDX-License-Identifier: MIT */
/* Calls to other CPUs that may be waited for with interrupts off and locks held. Whoever waits on such
 * a CPU, for a lock or for another call, serves them from its waiting loop (arch_cpu_relax(), where the
 * port has a use for it), so that none waits for ever. */
#include "smp_internal.h"

#include <arch/cpu.h>
#include <keel/waiting.h>

/* The one call that a CPU has on its way. */
static struct {
    void (*fn)(void *arg);
    void *arg;
    cpumask_t left;     /* who has not run it yet */
    cpumask_t asked_by; /* whose calls this CPU is to run */
} __aligned(64) urgent[CPUS_MAX];

static void serve(void)
{
    unsigned long irq = arch_irq_save();
    unsigned self = cpu_index();
    cpumask_t senders = __atomic_exchange_n(&urgent[self].asked_by, 0, __ATOMIC_ACQ_REL);
    unsigned cpu;

    cpumask_for_each(cpu, senders)
    {
        urgent[cpu].fn(urgent[cpu].arg);
        __atomic_fetch_and(&urgent[cpu].left, ~cpumask_of(self), __ATOMIC_RELEASE);
    }
    arch_irq_restore(irq);
}

/* A CPU that was stopped meanwhile runs nothing any more. */
static void wait_for_all(unsigned self)
{
    while ((__atomic_load_n(&urgent[self].left, __ATOMIC_ACQUIRE) & ~stop_gone()) != 0) {
        serve();
        arch_cpu_relax();
    }
}

void smp_call_urgent(cpumask_t cpus, void (*fn)(void *arg), void *arg)
{
    unsigned long irq = arch_irq_save();
    unsigned self = cpu_index();
    cpumask_t others = cpus & cpu_online() & ~cpumask_of(self) & ~stop_gone();
    unsigned cpu;

    if (others != 0) {
        urgent[self].fn = fn;
        urgent[self].arg = arg;
        __atomic_store_n(&urgent[self].left, others, __ATOMIC_RELEASE);
        __atomic_fetch_add(&waiting_calls, 1, __ATOMIC_RELAXED);
        cpumask_for_each(cpu, others)
        {
            __atomic_fetch_or(&urgent[cpu].asked_by, cpumask_of(self), __ATOMIC_ACQ_REL);
        }
        ipi_send(others, IPI_URGENT);
        wait_for_all(self);
        __atomic_fetch_sub(&waiting_calls, 1, __ATOMIC_RELAXED);
    }
    if ((cpus & cpumask_of(self)) != 0) {
        fn(arg);
    }
    arch_irq_restore(irq);
}

void urgent_init(void)
{
    waiting_serve = serve;
    ipi_set_handler(IPI_URGENT, serve);
}
