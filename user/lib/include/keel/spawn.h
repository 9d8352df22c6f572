/* SPDX-License-Identifier: MIT */
/* Starting programs, and learning how they ended. Any thread; needs KEEL_STARTUP_ROOT_VMAR to look at files. */
#ifndef KEEL_SPAWN_H
#define KEEL_SPAWN_H

#include <keel/base.h>
#include <stddef.h>

/* A handle that the program gets, and what it is for: KEEL_STARTUP_*. */
typedef struct keel_spawn_handle {
    uint32_t kind;
    keel_handle_t handle;
} keel_spawn_handle_t;

typedef struct keel_spawn {
    keel_handle_t job; /* where the process is made; stays the caller's */
    const char *name;  /* of the process; NULL: argv[0] */
    const void *file;  /* the program: ELF, static and position independent */
    size_t file_size;
    const char *const *argv;     /* NULL at the end */
    const char *const *envp;     /* likewise; NULL: no settings */
    const char *const *services; /* names for KEEL_STARTUP_SERVICE(number); NULL: none */
    const keel_spawn_handle_t *handles;
    size_t handle_count; /* at most 61 */
    size_t stack_size;   /* bytes; 0: 64 KiB */
} keel_spawn_t;

/* Loads a program into a process of its own and starts it, with its own handles for KEEL_STARTUP_PROCESS_SELF,
 * THREAD_SELF and ROOT_VMAR besides those listed, which are gone for the caller whatever the result. 0 and
 * a handle to the process, or a negative status, *why (if it is not NULL) being what went wrong in words: -EINVAL
 * for a file that is no program. */
int keel_spawn(const keel_spawn_t *spawn, keel_handle_t *process, const char **why);

/* Waits for the end of a process. 0, and *code is what it ended with, below 0 where it was killed or did what it must
 * not; -ETIMEDOUT. */
int keel_process_wait(keel_handle_t process, keel_time_t deadline, int64_t *code);

#endif
