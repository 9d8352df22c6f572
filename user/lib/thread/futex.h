/* SPDX-License-Identifier: MIT */
/* What waiting stands on. */
#ifndef USER_FUTEX_H
#define USER_FUTEX_H

#include <stdint.h>

#define LIB_FUTEX_ALL UINT32_MAX

/* Waits while *word is `value`, lending priority to the thread that `owner` is the mark of (0: to nobody). 0: woken,
 * or for no reason; -EAGAIN: it is another value; -ETIMEDOUT. */
int lib_futex_wait(uint32_t *word, uint32_t value, uint32_t owner, int64_t deadline);

/* Wakes up to `count` that wait. */
void lib_futex_wake(uint32_t *word, uint32_t count);

/* Wakes one that waits at *word, which is `value`, and has the others wait at *other, lending to the thread that `owner`
 * is the mark of (0, or but bits 0 and 1: to nobody). 0; -EAGAIN: it is another value; else not possible. */
int lib_futex_requeue(uint32_t *word, uint32_t value, uint32_t *other, uint32_t owner);

/* The calling thread's mark: its handle, with bits 0 and 1 set as in every handle. */
uint32_t lib_thread_mark(void);

/* Ends the program: a mutex was used as nobody may. */
__attribute__((noreturn)) void lib_mutex_misused(const char *what);

#endif
