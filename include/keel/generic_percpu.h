/* SPDX-License-Identifier: MIT */
/* A CPU's number as its running thread's head tells it: for ports that keep the address of that in a
 * register, included by their arch/percpu.h alone. */
#ifndef KEEL_GENERIC_PERCPU_H
#define KEEL_GENERIC_PERCPU_H

/* The number of the CPU that this runs on. */
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
