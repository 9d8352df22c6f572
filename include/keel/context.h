/* SPDX-License-Identifier: MIT */
/* Going from one thread to another, which each port does (cpu/context.S): what its calling convention has
 * a function keep lies on the stack of a thread that does not run. */
#ifndef KEEL_CONTEXT_H
#define KEEL_CONTEXT_H

#include <keel/percpu.h>
#include <keel/types.h>

struct arch_context {
    virt_addr_t sp;
};

/* A context that begins in thread_begin(), on an empty stack that ends at `stack_high`. */
void arch_context_init(struct arch_context *context, virt_addr_t stack_high);

/* Saves this context and goes on in another; returns, in some later switch to the one that was saved,
 * what that switch was given as `prev`: the thread that was left. Interrupts off. */
struct thread_head *arch_context_switch(struct arch_context *save, const struct arch_context *load,
                                        struct thread_head *prev);

/* The scheduler's part: where a new thread begins. */
__noreturn void thread_begin(struct thread_head *prev);

#endif
