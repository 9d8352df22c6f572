/* SPDX-License-Identifier: MIT */
/* Threads of a program. _Thread_local variables are each thread's own. Needs KEEL_STARTUP_PROCESS_SELF and
 * ROOT_VMAR. Any thread. */
#ifndef KEEL_THREADS_H
#define KEEL_THREADS_H

#include <keel/base.h>
#include <stddef.h>

/* A thread, until it was joined, or was detached and has ended. */
typedef struct lib_thread keel_thread_t;

/* Starts a thread that calls entry(arg), on a stack of so many bytes (0: 64 KiB) with unmapped pages around. It
 * ends when that returns, and with the program. To be joined or detached. 0 or a negative status. */
int keel_thread_run(keel_thread_t **out, const char *name, int (*entry)(void *arg), void *arg,
                    size_t stack_size);

/* Waits for the end of a thread, and for what its function gave (if `result` is not NULL). Once. */
int keel_thread_join(keel_thread_t *thread, int *result);

/* Nobody will wait for it: its memory comes back after its end by itself. */
void keel_thread_detach(keel_thread_t *thread);

/* Ends the calling thread; the first thread ends the program. */
__attribute__((noreturn)) void keel_thread_end(int result);

keel_thread_t *keel_thread_self(void);

/* It stays the library's, and good until the thread was joined. 0 for a first thread that was not given its own. */
keel_handle_t keel_thread_handle(const keel_thread_t *thread);

#endif
