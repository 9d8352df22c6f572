/* SPDX-License-Identifier: MIT */
/* The end of a program. */
#include "exit.h"

#include <keel/errno.h>
#include <keel/syscalls.h>
#include <stdbool.h>
#include <stdlib.h>

#define FUNCTIONS_MAX 32u

static void (*functions[FUNCTIONS_MAX])(void);
static unsigned noted; /* more than there is room for, when too many were wanted */

void (*lib_last_words)(void);

int atexit(void (*function)(void))
{
    unsigned at = __atomic_fetch_add(&noted, 1, __ATOMIC_RELAXED);

    if (at >= FUNCTIONS_MAX) {
        __atomic_store_n(&noted, FUNCTIONS_MAX, __ATOMIC_RELAXED);
        return -ENOMEM;
    }
    __atomic_store_n(&functions[at], function, __ATOMIC_RELEASE);
    return 0;
}

/* One that calls exit() again is not called again. */
static void (*next_function(void))(void)
{
    unsigned at = __atomic_load_n(&noted, __ATOMIC_RELAXED);

    while (at != 0) {
        if (__atomic_compare_exchange_n(&noted, &at, at - 1, false, __ATOMIC_RELAXED,
                                        __ATOMIC_RELAXED)) {
            return __atomic_load_n(&functions[at - 1], __ATOMIC_ACQUIRE);
        }
    }
    return NULL;
}

void exit(int status)
{
    for (void (*function)(void); (function = next_function()) != NULL;) {
        function();
    }
    if (lib_last_words) {
        lib_last_words();
    }
    keel_process_exit(status);
}

void _Exit(int status)
{
    keel_process_exit(status);
}

void abort(void)
{
    __builtin_trap();
}
