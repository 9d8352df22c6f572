/* SPDX-License-Identifier: MIT */
/* What each CPU has of its own, found by the GS base. */
#include <arch/cpuid.h>
#include <keel/percpu.h>

static struct arch_percpu cpus[CPUS_MAX];

void arch_percpu_init(unsigned index, struct thread_head *head)
{
    head->cpu = index;
    cpus[index].index = index;
    cpus[index].current = head;
    msr_write(MSR_GS_BASE, (virt_addr_t)&cpus[index]);
}
