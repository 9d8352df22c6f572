/* SPDX-License-Identifier: MIT */
/* The first context of a thread. */
#include "context.h"

#include <keel/context.h>

extern char thread_trampoline[];

void arch_context_init(struct arch_context *context, virt_addr_t stack_high)
{
    struct saved_context *saved = (struct saved_context *)stack_high - 1;

    *saved = (struct saved_context){.ra = (virt_addr_t)thread_trampoline};
    context->sp = (virt_addr_t)saved;
}
