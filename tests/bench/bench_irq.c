/* SPDX-License-Identifier: MIT */
/* What an interrupt costs: a CPU interrupts itself, from the call that asks for it to the instruction
 * after the return. */
#include <arch/cpu.h>
#include <keel/bench.h>
#include <keel/percpu.h>
#include <keel/smp.h>

/* Calls between CPUs with nothing to call: the handler takes the reason off and looks at its queue. */
static void let_interrupts_in(void)
{
    arch_irq_enable();
}

BENCH(irq_entry, "irq.entry", let_interrupts_in)
{
    unsigned cpu = cpu_index();
    uint64_t before = ipi_taken(cpu, IPI_CALL);

    ipi_send(cpumask_of(cpu), IPI_CALL);
    while (ipi_taken(cpu, IPI_CALL) == before) {
        barrier();
    }
}
