/* SPDX-License-Identifier: MIT */
/* The first context of a thread. */
#include <keel/context.h>

extern char thread_trampoline[];

/* As context.S pops it; `end` is what thread_begin() finds as its return address. */
struct saved_context {
    uint64_t r15, r14, r13, r12, rbx, rbp;
    uint64_t rip;
    uint64_t end;
};

void arch_context_init(struct arch_context *context, virt_addr_t stack_high)
{
    struct saved_context *saved = (struct saved_context *)(stack_high - sizeof(*saved));

    *saved = (struct saved_context){.rip = (virt_addr_t)thread_trampoline};
    context->sp = (virt_addr_t)saved;
}
