/* SPDX-License-Identifier: MIT */
/* Waiting in calls of user space: as the locks of core/sync wait (wait.h), but the end of the thread's
 * process ends the wait, too, and costs nothing until it comes. */
#ifndef KEEL_CALL_WAIT_H
#define KEEL_CALL_WAIT_H

#include <keel/spinlock.h>
#include <keel/thread.h>

/* As wait_ops->block(), with the same protocol: gives `lock` up, and waits for wait_ops->wake() or the deadline
 * (TIMER_NEVER: none). True: woken. False: the time is up, or it is thread_is_cancelled(); a waker may have
 * come all the same: the caller takes the lock again and looks. No other lock held. */
bool call_wait(struct spinlock *lock, unsigned long irq, uint64_t deadline_ns, uint64_t slack_ns);

/* Ends the call_wait() of a thread, and all that it may begin from now on. The thread exists until this
 * returns; spinlocks may be held. Afterwards, no lock held, wait_resched(). Any context. */
void thread_cancel_waits(struct thread *thread);

/* Whether that was done to the calling thread. */
bool thread_is_cancelled(void);

#endif
