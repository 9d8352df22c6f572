/* SPDX-License-Identifier: MIT */
/* Suspending threads (O2): by tokens, and what can be done with those that are. */
#ifndef KEEL_SUSPEND_OBJECT_H
#define KEEL_SUSPEND_OBJECT_H

#include <keel/process.h>

/* Suspends a thread or a process, that is all threads it has and gets, until the token's last handle is closed. They
 * stop before they are in user mode again, or where they wait in a call; KEEL_THREAD_SUSPENDED tells. One that has
 * not begun stops then. *out is the token, with one handle in the caller's hand. -ECANCELED: the task has ended, or
 * is ending; -ENOMEM. Threads only, no lock held. */
int suspend_create(struct object *task, struct object **out);

/* The registers of a suspended thread, KEEL_THREAD_STATE_`kind`: as many bytes as arch_state_size() says. -EBUSY:
 * it is not suspended; -ECANCELED: it has ended; -ENOTSUP: it has no such registers. Threads only. */
int user_thread_read_state(struct user_thread *user, uint32_t kind, void *out);

/* The same for writing. -EBUSY also where it waits in a call; -EINVAL: what must not be there. */
int user_thread_write_state(struct user_thread *user, uint32_t kind, const void *in);

/* --- For the thread itself --- */

/* After a call_wait() that has ended with false, no lock held: whether that was for the thread to be suspended or to
 * go on, which it has noted; then it goes on waiting, where it is not over, until *deadline_ns. */
bool user_wait_goes_on(uint64_t *deadline_ns);

/* The calling thread is no more suspended, whoever has tokens: it ends. */
void user_thread_unsuspend(void);

#endif
