/* SPDX-License-Identifier: MIT */
/* Tries out the library, step by step, as the first program; then turns the machine off, the status being how
 * many steps have failed. Words of the command line name the steps wanted. */
#include "steps.h"

#include <keel/runtime.h>
#include <keel/syscalls.h>
#include <string.h>

#define STEP(name)  \
    {               \
#name, name \
    }

static const struct {
    const char *name;
    step_fn *run;
} steps[] = {
    STEP(heap_serves),
    STEP(large_blocks_come_and_go),
    STEP(receiving_ends_in_time),
    STEP(messages_are_taken_apart),
    STEP(loop_tells_of_all),
    STEP(boot_files_are_found),
    STEP(threads_give_results),
    STEP(thread_locals_are_apart),
    STEP(mutexes_keep_others_out),
    STEP(conditions_wake_all),
    STEP(detached_threads_leave_nothing),
    STEP(bytes_are_atomic),
    STEP(heap_from_threads),
    STEP(calls_are_answered),
    STEP(programs_get_what_they_are_given),
    STEP(programs_end_with_their_status),
    STEP(what_is_no_program_is_refused),
    STEP(misuse_of_the_heap_is_seen),
};

#define COUNT (sizeof(steps) / sizeof(steps[0]))

static bool is_wanted(const char *name, int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], name) == 0) {
            return true;
        }
    }
    return argc <= 1;
}

int main(int argc, char **argv, char **envp)
{
    unsigned failed = 0, passed = 0;

    if (argc > 1 && strcmp(argv[1], "child") == 0) {
        return be_child(argc, argv, envp);
    }
    for (unsigned i = 0; i < COUNT; i++) {
        if (is_wanted(steps[i].name, argc, argv)) {
            bool good = steps[i].run();

            printf("%s %s\n", good ? "PASS" : "FAIL", steps[i].name);
            passed += good;
            failed += !good;
        }
    }
    printf("library: %u passed, %u failed\n", passed, failed);
    keel_system_powerctl(keel_startup_handle(KEEL_STARTUP_RESOURCE_ROOT),
                         KEEL_SYSTEM_POWERCTL_SHUTDOWN, failed);
    return 1;
}
