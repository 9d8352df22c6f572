/* SPDX-License-Identifier: MIT */
/* The level that who calls lends to who answers. All with the lock of the thread's CPU held, the thread not
 * queued. */
#ifndef SCHED_LEND_H
#define SCHED_LEND_H

#include "thread_internal.h"

/* Lends a thread a level above its own. */
void lend_level(struct thread *to, unsigned level);

/* Takes back what was lent to a thread. */
void lend_end(struct sched_cpu *sched, struct thread *thread);

/* A thread is about to wait, for the answer to a call or for something else: what it had out of turn ends. */
void lend_give_back(struct sched_cpu *sched, struct thread *self, bool calls);

#endif
