/* SPDX-License-Identifier: MIT */
/* A thread's wait, ended by whoever comes first: the awaited, the time, the end of its process. */
#include <keel/clock.h>
#include <keel/errno.h>
#include <keel/object_wait.h>
#include <keel/timer.h>

const struct object_wait_hooks *object_wait_hooks;

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
    unsigned long irq = spin_lock(&wait->queue.lock);

    if (!wait->over) {
        set_over(wait, status);
        if (wait_queue_wake_one(&wait->queue, 0) != 0) {
            cleanup->woken = true;
        }
    }
    spin_unlock(&wait->queue.lock, irq);
}

static int block(struct object_wait *wait, uint64_t deadline_ns, uint64_t slack_ns)
{
    unsigned long irq = spin_lock(&wait->queue.lock);

    if (!wait->over && (deadline_ns == TIMER_NEVER || clock_ns() < deadline_ns)) {
        (void)wait_queue_block(&wait->queue, irq, deadline_ns, slack_ns);
        irq = spin_lock(&wait->queue.lock);
    }
    set_over(wait, -ETIMEDOUT);
    spin_unlock(&wait->queue.lock, irq);
    return wait->status;
}

int object_wait_block(struct object_wait *wait, uint64_t deadline_ns, uint64_t slack_ns)
{
    int status;

    if (!object_wait_hooks) {
        return block(wait, deadline_ns, slack_ns);
    }
    status = object_wait_hooks->enter(wait);
    if (status == 0) {
        status = block(wait, deadline_ns, slack_ns);
        object_wait_hooks->leave(wait);
    }
    return status;
}
