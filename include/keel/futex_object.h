/* SPDX-License-Identifier: MIT */
/* Futexes (O10): threads of a process wait at a 32-bit word of its memory, by its address; whoever they wait for
 * may be told, and runs as urgently as they do. Nothing is allocated. All are called on threads of processes,
 * no lock held; words are multiples of 4. */
#ifndef KEEL_FUTEX_OBJECT_H
#define KEEL_FUTEX_OBJECT_H

#include <keel/process.h>
#include <keel/uaccess.h>

/* Waits unless the word is another than `current`. The futex's owner is `owner` then (NULL: none). 0: woken.
 * -EAGAIN: the word differs; -EFAULT; -EINVAL: the owner is the caller, another process's, or waits here;
 * -ETIMEDOUT; -ECANCELED: the process ends. */
int futex_wait(const uint32_t __user *word, uint32_t current, struct user_thread *owner,
               uint64_t deadline_ns);

/* Wakes the most urgent who wait, of equals those who have waited longest, up to `count`. The futex has no owner
 * then. */
void futex_wake(const uint32_t __user *word, uint32_t count);

/* Wakes one, who is the owner for those that still wait. */
void futex_wake_single_owner(const uint32_t __user *word);

/* Wakes some, and has others wait at another word, whose owner is `owner`. -EAGAIN, -EFAULT, -EINVAL as
 * futex_wait(). */
int futex_requeue(const uint32_t __user *word, uint32_t wake_count, uint32_t current,
                  const uint32_t __user *other, uint32_t requeue_count, struct user_thread *owner);

/* The owner's koid; KEEL_KOID_INVALID: none. */
keel_koid_t futex_owner(const uint32_t __user *word);

/* The calling thread ends, and owns none any more. */
void futex_exit(struct user_thread *user);

#endif
