/* SPDX-License-Identifier: MIT */
/* What lies on top of the stack of a thread that does not run. */
#ifndef CPU_CONTEXT_H
#define CPU_CONTEXT_H

#include <keel/types.h>

/* As context.S stores it. */
struct saved_context {
    uint64_t x29, x30;
    uint64_t x19_x28[10];
};
_Static_assert(sizeof(struct saved_context) == 96, "context.S");

#endif
