/* SPDX-License-Identifier: MIT */
/* Who runs here: the GS base points to what a CPU has of its own, from arch_boot_main() on. Included
 * by keel/percpu.h alone. */
#ifndef ARCH_PERCPU_H
#define ARCH_PERCPU_H

#include <arch/layout.h>
#include <arch/trap_vectors.h>
#include <keel/types.h>

/* Reached by %gs, which in user mode is the user's and is exchanged on the way in and out; the offsets of
 * its members stand in the code below. */
struct arch_percpu {
    uint32_t index;
    uint32_t vector; /* of the interrupt that came last */
    struct thread_head *current;
    uint64_t user_sp; /* the user's stack pointer, for a moment of a system call */
    void *rsp0; /* in this CPU's task state: where it finds the stack for traps from user mode */
} __aligned(64);
_Static_assert(offsetof(struct arch_percpu, index) == 0, "read as gs:0");
_Static_assert(offsetof(struct arch_percpu, vector) == PERCPU_VECTOR, "written by trap/entry.S");
_Static_assert(offsetof(struct arch_percpu, current) == PERCPU_CURRENT, "read as gs:8");
_Static_assert(offsetof(struct arch_percpu, user_sp) == PERCPU_USER_SP, "trap/entry.S");
_Static_assert(offsetof(struct arch_percpu, rsp0) == PERCPU_RSP0, "trap/entry.S");

static inline unsigned arch_cpu_index(void)
{
    uint32_t index;

    __asm__ volatile("movl %%gs:0, %0" : "=r"(index));
    return index;
}

static inline struct thread_head *arch_current(void)
{
    struct thread_head *head;

    __asm__ volatile("movq %%gs:8, %0" : "=r"(head));
    return head;
}

static inline void arch_set_current(struct thread_head *head)
{
    __asm__ volatile("movq %0, %%gs:8" : : "r"(head) : "memory");
}

/* Makes this CPU the one with that index, points GS to its own, and makes what runs on it `head`. */
void arch_percpu_init(unsigned index, struct thread_head *head);

#endif
