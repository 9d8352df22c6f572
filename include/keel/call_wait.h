/* SPDX-License-Identifier: MIT */
/* Waiting in calls of user space: as the locks of core/sync wait (wait.h), but the end of the thread's
 * process ends the wait, too, and costs nothing until it comes. */
#ifndef KEEL_CALL_WAIT_H
#define KEEL_CALL_WAIT_H

#include <keel/cpumask.h>
#include <keel/spinlock.h>
#include <keel/thread.h>

/*
 * call_wait() that first wakes `to`, a thread in call_wait() whose waker the caller is by the lock it has
 * (NULL: none). Where both are ordinary threads, `to` may run here and nobody is more urgent, the CPU goes
 * straight to it, past all queues, with what is left of the caller's slice. With `lends` the caller waits
 * for the answer: then `to` also has the caller's priority, until it waits without lending, or that slice
 * is over.
 */
bool call_wait_for(struct thread *to, bool lends, struct spinlock *lock, unsigned long irq,
                   uint64_t deadline_ns, uint64_t slack_ns);

/* The same in two steps, for who is in a hurry: to a thread, without a deadline, interrupts off before and after. What
 * the first gives the second takes. */
struct thread *call_leave(struct thread *to, bool lends, struct spinlock *lock);
bool call_arrive(struct thread *left);

/* As wait_ops->block(), with the same protocol: gives `lock` up, and waits for wait_ops->wake() or the deadline
 * (TIMER_NEVER: none). True: woken. False: the time is up, or it is thread_is_cancelled(); a waker may have
 * come all the same: the caller takes the lock again and looks. No other lock held. */
static inline bool call_wait(struct spinlock *lock, unsigned long irq, uint64_t deadline_ns,
                             uint64_t slack_ns)
{
    return call_wait_for(NULL, false, lock, irq, deadline_ns, slack_ns);
}

/* Ends the call_wait() of a thread, and all that it may begin from now on. The thread exists until this
 * returns; spinlocks may be held. Afterwards, no lock held, wait_resched(). Any context. */
void thread_cancel_waits(struct thread *thread);

/* Whether that was done to the calling thread. */
bool thread_is_cancelled(void);

/* Ends the call_wait() of a thread, or the next that it begins, once, so that it looks for what it is to do. The
 * CPU that runs it, if one does. As thread_cancel_waits() otherwise. */
cpumask_t thread_note(struct thread *thread);

/* Whether that was done to the calling thread, until now. *deadline_ns is then that of the call_wait() that has
 * just come back with false; TIMER_NEVER where it had none. After every such wait. Threads only. */
bool thread_take_note(uint64_t *deadline_ns);

#endif
