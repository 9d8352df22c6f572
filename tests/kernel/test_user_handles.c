/* SPDX-License-Identifier: MIT */
/* Handles of processes: what calls do with them, and that nothing of them outlives the process. */
#include "user_stage.h"

#include <keel/clock.h>
#include <keel/errno.h>
#include <keel/event_object.h>
#include <keel/ktest.h>
#include <keel/signals.h>
#include <keel/syscall_numbers.h>
#include <keel/thread.h>

#define ROUNDS 20u

/* A handle to a new event in the process's table; the object with a reference. */
static keel_handle_t enter_event(struct process *process, keel_rights_t rights, struct object **out)
{
    keel_handle_t handle = KEEL_HANDLE_INVALID;

    KTEST_EXPECT(event_object_create(out) == 0);
    KTEST_EXPECT(handle_reserve(process_table(process), &handle, 1) == 0);
    object_get(*out);
    handle_install(process_table(process), handle, (struct loose_handle){*out, rights});
    return handle;
}

/* Has a new process make one call with a handle to an event as first argument and the data page as
 * `pointer`th one; what it gave. */
static int64_t call_on_event(uint64_t words[7], unsigned pointer, keel_rights_t rights,
                             keel_signals_t signals)
{
    struct process_end end = {.reason = PROCESS_RUNS};
    struct user_stage stage;
    struct object *event;
    size_t done;

    if (!user_stage_make(&stage, 0)) {
        return INT64_MIN;
    }
    words[1] = enter_event(stage.process, rights, &event);
    object_signal(event, 0, signals);
    if (pointer != 0) {
        words[pointer] = stage.data + PAGE_SIZE;
    }
    KTEST_EXPECT(vmo_write(stage.memory, words, 0, 7 * sizeof(*words), &done) == 0);
    if (user_stage_start(&stage, user_call, stage.data, 0, NULL)) {
        (void)user_stage_wait(&stage, &end);
    }
    KTEST_EXPECT(end.reason == PROCESS_EXITED);
    KTEST_EXPECT(handle_table_count(process_table(stage.process)) == 0);
    object_put(event);
    user_stage_free(&stage);
    return end.result;
}

KTEST(user_handles_are_checked_and_closed)
{
    uint64_t before = object_count();

    KTEST_EXPECT(call_on_event((uint64_t[7]){KEEL_SYS_handle_close}, 0, 0, 0) == 0);
    KTEST_EXPECT(call_on_event((uint64_t[7]){KEEL_SYS_handle_duplicate, 0, 0}, 3, 0, 0) == -EACCES);
    KTEST_EXPECT(call_on_event((uint64_t[7]){KEEL_SYS_handle_duplicate, 0, KEEL_RIGHT_WAIT}, 3,
                               KEEL_RIGHT_DUPLICATE, 0) == -EINVAL);
    KTEST_EXPECT(call_on_event((uint64_t[7]){KEEL_SYS_handle_duplicate, 0, KEEL_RIGHT_SAME_RIGHTS},
                               3, KEEL_RIGHT_DUPLICATE, 0) == 0);
    KTEST_EXPECT(call_on_event((uint64_t[7]){KEEL_SYS_handle_duplicate, 0, 0, 8}, 0,
                               KEEL_RIGHT_DUPLICATE, 0) == -EFAULT);
    KTEST_EXPECT(call_on_event((uint64_t[7]){KEEL_SYS_handle_replace, 0, 0}, 3, 0, 0) == 0);
    KTEST_EXPECT(call_on_event((uint64_t[7]){KEEL_SYS_handle_replace, 0, 0, 8}, 0, 0, 0) ==
                 -EFAULT);
    KTEST_EXPECT(call_on_event((uint64_t[7]){KEEL_SYS_event_create, 0}, 2, 0, 0) == -EINVAL);
    KTEST_EXPECT(object_count() == before);
}

KTEST(user_waits_for_signals)
{
    uint64_t call[7] = {KEEL_SYS_object_wait_one, 0, KEEL_USER_SIGNAL_0, 0};

    KTEST_EXPECT(call_on_event(call, 4, KEEL_RIGHT_WAIT, KEEL_USER_SIGNAL_0) == 0);
    KTEST_EXPECT(call_on_event(call, 4, KEEL_RIGHT_WAIT, KEEL_USER_SIGNAL_1) == -ETIMEDOUT);
    KTEST_EXPECT(call_on_event(call, 4, KEEL_RIGHTS_ALL & ~KEEL_RIGHT_WAIT, 0) == -EACCES);
}

/* However long a thread waits, its process's end is its end. */
KTEST(user_waits_end_with_the_process)
{
    uint64_t before = object_count();

    for (unsigned i = 0; i < ROUNDS; i++) {
        uint64_t words[7] = {KEEL_SYS_object_wait_one, 0, KEEL_USER_SIGNAL_0, INT64_MAX};
        struct process_end end = {.reason = PROCESS_RUNS};
        struct user_stage stage;
        struct object *event;
        size_t done;

        KTEST_REQUIRE(user_stage_make(&stage, 0));
        words[1] = enter_event(stage.process, KEEL_RIGHT_WAIT, &event);
        words[4] = stage.data + PAGE_SIZE;
        KTEST_EXPECT(vmo_write(stage.memory, words, 0, sizeof(words), &done) == 0);
        if (user_stage_start(&stage, user_call, stage.data, 0, NULL)) {
            thread_sleep(i % 4 * NS_PER_MS); /* before it waits, or while */
            process_kill(stage.process);
            (void)user_stage_wait(&stage, &end);
        }
        KTEST_EXPECT(end.reason == PROCESS_KILLED);
        object_put(event);
        user_stage_free(&stage);
    }
    KTEST_EXPECT(object_count() == before);
}
