/* SPDX-License-Identifier: MIT */
/* What lies on top of the stack of a thread that does not run. */
#ifndef CPU_CONTEXT_H
#define CPU_CONTEXT_H

#include <keel/types.h>

/* As context.S stores it. */
struct saved_context {
    uint64_t ra;
    uint64_t s[12];
    uint64_t unused; /* keeps the stack 16-byte aligned */
};
_Static_assert(sizeof(struct saved_context) % 16 == 0, "context.S");

#endif
