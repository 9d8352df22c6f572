/* SPDX-License-Identifier: MIT */
/* A thread's wait, ended by whoever comes first: the awaited, the time, the end of its process. */
#include <keel/call_wait.h>
#include <keel/clock.h>
#include <keel/errno.h>
#include <keel/object_wait.h>
#include <keel/suspend_object.h>
#include <keel/timer.h>

/* Expects the wait's lock. */
static void set_over(struct object_wait *wait, int status)
{
    if (!wait->over) {
        wait->over = true;
        wait->status = status;
    }
}

void object_wait_end(struct object_wait *wait, int status, struct cleanup *cleanup)
{
    unsigned long irq = spin_lock(&wait->lock);

    if (!wait->over) {
        set_over(wait, status);
        if (wait->blocked) {
            wait_ops->wake(wait->blocked);
            cleanup->woken = true;
        }
    }
    spin_unlock(&wait->lock, irq);
}

int object_wait_block(struct object_wait *wait, uint64_t deadline_ns, uint64_t slack_ns)
{
    unsigned long irq = spin_lock(&wait->lock);
    bool waits = deadline_ns == TIMER_NEVER || clock_ns() < deadline_ns;
    uint64_t deadline;

    while (!wait->over && waits) {
        wait->blocked = wait_ops->current();
        if (call_wait(&wait->lock, irq, deadline_ns, slack_ns)) {
            spin_wait_unlocked(&wait->lock); /* whoever ended it touches it no more */
            return wait->status;
        }
        waits = user_wait_goes_on(&deadline);
        irq = spin_lock(&wait->lock);
    }
    set_over(wait, thread_is_cancelled() ? -ECANCELED : -ETIMEDOUT);
    spin_unlock(&wait->lock, irq);
    return wait->status;
}
