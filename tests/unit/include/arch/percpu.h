/* SPDX-License-Identifier: MIT */
/* The host tests' CPUs: each thread says which it is, and what runs there. */
#ifndef ARCH_PERCPU_H
#define ARCH_PERCPU_H

#include <arch/layout.h>

extern _Thread_local unsigned fake_cpu;
extern _Thread_local struct thread_head *fake_current;

static inline unsigned arch_cpu_index(void)
{
    return fake_cpu;
}

static inline struct thread_head *arch_current(void)
{
    return fake_current;
}

static inline void arch_set_current(struct thread_head *head)
{
    fake_current = head;
}

#endif
