/* SPDX-License-Identifier: MIT */
/* The stack protector: the canary that compiled code checks, and who is told when it has
 * changed. */
#ifndef KEEL_STACK_GUARD_H
#define KEEL_STACK_GUARD_H

#include <keel/types.h>

/* Sets the canary; called by a function without stack protector that never returns. `smashed` is
 * called, and must not return, when a function finds its canary overwritten. */
void stack_guard_set(uintptr_t canary, void (*smashed)(void));

#endif
