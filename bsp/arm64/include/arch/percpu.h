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

#include <keel/generic_percpu.h>

#endif
