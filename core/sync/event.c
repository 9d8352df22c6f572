/* SPDX-License-Identifier: MIT */
/* Events that reset themselves, or do not. */
#include <keel/clock.h>
#include <keel/errno.h>
#include <keel/event.h>

void event_init(struct sync_event *event, enum event_reset reset, bool signalled)
{
    *event = (struct sync_event){.automatic = reset == EVENT_AUTO, .signalled = signalled};
}

static void set(struct sync_event *event, bool signalled)
{
    __atomic_store_n(&event->signalled, signalled, __ATOMIC_RELEASE);
}

void event_signal(struct sync_event *event)
{
    unsigned long irq = spin_lock(&event->queue.lock);
    unsigned woken;

    if (!event->automatic) {
        set(event, true);
        wait_queue_wake_all(&event->queue, irq, 0);
        return;
    }
    woken = wait_queue_wake_one(&event->queue, 0);
    set(event, woken == 0);
    wait_queue_unlock(&event->queue, irq, woken);
}

void event_reset(struct sync_event *event)
{
    unsigned long irq = spin_lock(&event->queue.lock);

    set(event, false);
    spin_unlock(&event->queue.lock, irq);
}

static int wait_until(struct sync_event *event, uint64_t deadline_ns, uint64_t slack_ns)
{
    unsigned long irq;
    int status = 0;

    if (deadline_ns != 0) {
        lock_check_sleep();
    }
    irq = spin_lock(&event->queue.lock);
    if (!event->signalled) {
        if (deadline_ns == TIMER_NEVER || clock_ns() < deadline_ns) {
            return wait_queue_block(&event->queue, irq, deadline_ns, slack_ns);
        }
        status = -ETIMEDOUT;
    } else if (event->automatic) {
        set(event, false);
    }
    spin_unlock(&event->queue.lock, irq);
    return status;
}

int event_wait_until(struct sync_event *event, uint64_t deadline_ns, uint64_t slack_ns)
{
    return wait_until(event, deadline_ns, slack_ns);
}

void event_wait(struct sync_event *event)
{
    wait_until(event, TIMER_NEVER, 0);
}
