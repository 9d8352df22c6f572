/* SPDX-License-Identifier: MIT */
/* Who runs here: TPIDR_EL1 holds the address of the running thread's head, from arch_boot_main() on.
 * Included by keel/percpu.h alone. */
#ifndef ARCH_PERCPU_H
#define ARCH_PERCPU_H

#include <arch/layout.h>
#include <arch/sysreg.h>

static inline struct thread_head *arch_current(void)
{
    return (struct thread_head *)read_sysreg(TPIDR_EL1);
}

static inline void arch_set_current(struct thread_head *head)
{
    write_sysreg(TPIDR_EL1, head);
}

static inline unsigned arch_cpu_index(void)
{
    return __atomic_load_n(&arch_current()->cpu, __ATOMIC_RELAXED);
}

/* Makes this CPU the one with that index, and what runs on it `head`. */
static inline void arch_percpu_init(unsigned index, struct thread_head *head)
{
    head->cpu = index;
    arch_set_current(head);
}

#endif
