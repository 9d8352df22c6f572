/* SPDX-License-Identifier: MIT */
/* Counting semaphores: a count, and those who wait for it to be more than 0. */
#include <keel/clock.h>
#include <keel/errno.h>
#include <keel/semaphore.h>

void semaphore_init(struct semaphore *semaphore, unsigned count)
{
    *semaphore = (struct semaphore){.count = count};
}

static int down(struct semaphore *semaphore, uint64_t deadline_ns)
{
    unsigned long irq;
    int status = 0;

    if (deadline_ns != 0) {
        lock_check_sleep();
    }
    irq = spin_lock(&semaphore->queue.lock);
    if (semaphore->count > 0) {
        semaphore->count--;
    } else if (deadline_ns == TIMER_NEVER || clock_ns() < deadline_ns) {
        return wait_queue_block(&semaphore->queue, irq, deadline_ns, 0);
    } else {
        status = -ETIMEDOUT;
    }
    spin_unlock(&semaphore->queue.lock, irq);
    return status;
}

int semaphore_down_until(struct semaphore *semaphore, uint64_t deadline_ns)
{
    return down(semaphore, deadline_ns);
}

void semaphore_down(struct semaphore *semaphore)
{
    down(semaphore, TIMER_NEVER);
}

bool semaphore_try_down(struct semaphore *semaphore)
{
    return down(semaphore, 0) == 0;
}

int semaphore_up(struct semaphore *semaphore)
{
    unsigned long irq = spin_lock(&semaphore->queue.lock);
    unsigned woken = wait_queue_wake_one(&semaphore->queue, 0);
    int status = 0;

    if (woken == 0 && __builtin_add_overflow(semaphore->count, 1, &semaphore->count)) {
        semaphore->count--;
        status = -EOVERFLOW;
    }
    wait_queue_unlock(&semaphore->queue, irq, woken);
    return status;
}
