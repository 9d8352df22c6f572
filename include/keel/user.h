/* SPDX-License-Identifier: MIT */
/* What the ports call for threads in user mode. */
#ifndef KEEL_USER_H
#define KEEL_USER_H

#include <keel/compiler.h>

struct trap_frame;
struct trap_info;

/* A trap of user mode that nobody handled: says what, where and from where, and ends the process. In the
 * trap, on the thread's own stack, interrupts off. */
__noreturn void user_fault(const struct trap_info *info, const struct trap_frame *frame);

/* On the way to user mode with thread_head.user_work set: does what is wanted, as ending the thread, or keeping it
 * while it is suspended. All of its registers are in the frame, on its stack, and may be others when it
 * returns. Interrupts off, and off again then. */
void user_return_work(struct trap_frame *frame);

#endif
