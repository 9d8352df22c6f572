/* SPDX-License-Identifier: MIT */
/* Counting semaphores (T8). */
#ifndef KEEL_SEMAPHORE_H
#define KEEL_SEMAPHORE_H

#include <keel/timer.h>
#include <keel/wait.h>

/* All zero is one with nothing to take. The semaphore_up() that gave what was taken no longer touches it:
 * who has taken may free it, if nobody else is to come. */
struct semaphore {
    struct wait_queue queue;
    unsigned count; /* to be taken; 0 while anybody waits */
};

void semaphore_init(struct semaphore *semaphore, unsigned count);

/* Takes one, waiting for it, in the order of urgency and among equals of arrival. Threads only,
 * interrupts on, no spinlock held. */
void semaphore_down(struct semaphore *semaphore);

/* The same, at most until deadline_ns: 0 or -ETIMEDOUT. A deadline in the past only asks. */
__must_check int semaphore_down_until(struct semaphore *semaphore, uint64_t deadline_ns);

/* Takes one if there is one. Any context. */
bool semaphore_try_down(struct semaphore *semaphore);

/* Adds one, which goes to the most urgent that waits. -EOVERFLOW: there are UINT_MAX already, and
 * nothing changes. Any context. */
int semaphore_up(struct semaphore *semaphore);

#endif
