/* SPDX-License-Identifier: MIT */
/* The steps of the library's test. */
#ifndef LIBRARY_STEPS_H
#define LIBRARY_STEPS_H

#include <stdbool.h>
#include <stdio.h>

/* Says where it was that something is not as it should be, and makes the step fail. */
#define NEED(condition)                                                \
    do {                                                               \
        if (!(condition)) {                                            \
            printf("%s:%d: not %s\n", __FILE__, __LINE__, #condition); \
            return false;                                              \
        }                                                              \
    } while (false)

typedef bool step_fn(void);

step_fn heap_serves, heap_from_threads, large_blocks_come_and_go;
step_fn calls_are_answered, receiving_ends_in_time, messages_are_taken_apart, loop_tells_of_all;
step_fn threads_give_results, thread_locals_are_apart, mutexes_keep_others_out, conditions_wake_all,
    detached_threads_leave_nothing, bytes_are_atomic;
step_fn boot_files_are_found, programs_get_what_they_are_given, what_is_no_program_is_refused,
    programs_end_with_their_status, misuse_of_the_heap_is_seen;

/* What the program does when a step has started it once more, by the words it was given. */
int be_child(int argc, char **argv, char **envp);

#endif
