/* SPDX-License-Identifier: MIT */
/* What the trap entry finds through sscratch: who runs, when the trap comes from user mode, and another
 * stack for traps that come with a bad one. Where the stack in use may be stands in the thread's head. */
#ifndef TRAP_STACK_H
#define TRAP_STACK_H

#include <keel/types.h>

struct trap_stack {
    virt_addr_t emergency_low;
    virt_addr_t emergency_high;
    uint64_t saved;           /* a register, while the entry code chooses */
    uint64_t saved_tp;        /* likewise, of user mode */
    struct thread_head *head; /* in user mode: the running thread's */
};

/* One for a hart that is about to start, kept for ever. NULL: no memory. */
struct trap_stack *trap_stack_new(void);

/* Routes this hart's traps to the kernel. */
void trap_init_hart(struct trap_stack *stack);

struct trap_frame;

/* Called by the entry code with interrupts masked, on the stack that holds the frame; returns to
 * the pc in it. */
void trap_handle(struct trap_frame *frame);

#endif
