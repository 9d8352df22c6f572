/* SPDX-License-Identifier: MIT */
/* Who runs here: register tp, which the compiler leaves alone, holds the address of the running
 * thread's head. Included by keel/percpu.h alone. */
#ifndef ARCH_PERCPU_H
#define ARCH_PERCPU_H

#include <arch/layout.h>
#include <keel/types.h>

static inline struct thread_head *arch_current(void)
{
    struct thread_head *head;

    __asm__ volatile("mv %0, tp" : "=r"(head));
    return head;
}

static inline void arch_set_current(struct thread_head *head)
{
    __asm__ volatile("mv tp, %0" : : "r"(head) : "memory");
}

#include <keel/generic_percpu.h>

#endif
