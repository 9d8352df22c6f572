/* SPDX-License-Identifier: MIT */
/* Keys for programs: who gets them, how many, and when the wait for them ends. Nobody types meanwhile. */
#include "user_stage.h"

#include <keel/clock.h>
#include <keel/console_input.h>
#include <keel/errno.h>
#include <keel/ktest.h>
#include <keel/resource_object.h>
#include <keel/string.h>
#include <keel/syscall_numbers.h>
#include <keel/thread.h>
#include <keel/uaccess.h>

#define ROUNDS 20u

static void type(const char *text)
{
    for (; *text; text++) {
        console_input_put(*text);
    }
}

/* A handle of the process's to the root of all resources, or a part of it. */
static keel_handle_t give_resource(struct user_stage *stage, uint64_t system_base)
{
    const struct resource_range range = {
        .kind = KEEL_RSRC_KIND_SYSTEM, .base = system_base, .size = 1};
    struct object *root, *part;

    KTEST_EXPECT(resource_create_root(&root) == 0);
    if (system_base == 0) {
        return user_stage_enter(stage, root, 0);
    }
    KTEST_EXPECT(resource_create(root, &range, &part) == 0);
    object_close(root);
    return user_stage_enter(stage, part, 0);
}

/* The calling thread becomes one of a new process's. */
static keel_handle_t open_reader(struct user_stage *stage)
{
    keel_handle_t resource = KEEL_HANDLE_INVALID;

    if (user_stage_make(stage, 0)) {
        resource = give_resource(stage, 0);
        user_stage_become(stage);
    }
    return resource;
}

static void close_reader(struct user_stage *stage)
{
    user_stage_return(stage);
    user_stage_free(stage);
}

static bool reads(struct user_stage *stage, keel_handle_t resource, size_t size, const char *text)
{
    char got[256] = {0};
    int64_t count = CALL(debug_read, resource, stage->data, size, 0);

    KTEST_EXPECT(count > 0 && user_copy_in(got, user_pointer(stage->data), (size_t)count) == 0);
    return count == (int64_t)strlen(text) && memcmp(got, text, strlen(text)) == 0;
}

KTEST(console_input_is_the_readers)
{
    struct user_stage stage;
    keel_handle_t resource = open_reader(&stage);

    KTEST_REQUIRE(resource != KEEL_HANDLE_INVALID);
    KTEST_EXPECT(!console_input_is_read());
    type("lost");
    KTEST_EXPECT(CALL(debug_read, resource, stage.data, 10, 0) == -ETIMEDOUT);
    KTEST_EXPECT(console_input_is_read());
    type("abcdef");
    KTEST_EXPECT(reads(&stage, resource, 4, "abcd"));
    KTEST_EXPECT(CALL(debug_read, resource, USER_NOWHERE(&stage), 10, 0) == -EFAULT);
    KTEST_EXPECT(reads(&stage, resource, 256, "ef"));
    KTEST_EXPECT(CALL(debug_read, resource, stage.data, 10, clock_ns() + NS_PER_MS) == -ETIMEDOUT);
    close_reader(&stage);
    KTEST_EXPECT(!console_input_is_read());
}

KTEST(console_input_refuses)
{
    struct user_stage stage, other;
    keel_handle_t resource = open_reader(&stage), debug, power, own;

    KTEST_REQUIRE(resource != KEEL_HANDLE_INVALID);
    debug = give_resource(&stage, KEEL_RSRC_SYSTEM_DEBUG_BASE);
    power = give_resource(&stage, KEEL_RSRC_SYSTEM_POWER_BASE);
    KTEST_EXPECT(CALL(debug_read, 0, stage.data, 1, 0) == -EBADF);
    KTEST_EXPECT(CALL(debug_read, power, stage.data, 1, 0) == -ERANGE);
    KTEST_EXPECT(CALL(debug_read, resource, stage.data, 0, 0) == -EINVAL);
    KTEST_EXPECT(CALL(debug_read, resource, stage.data, 257, 0) == -EINVAL);
    KTEST_EXPECT(!console_input_is_read());
    KTEST_EXPECT(CALL(debug_read, debug, stage.data, 1, 0) == -ETIMEDOUT);
    user_stage_return(&stage);
    own = open_reader(&other);
    KTEST_EXPECT(CALL(debug_read, own, other.data, 1, 0) == -EBUSY);
    close_reader(&other);
    KTEST_EXPECT(console_input_is_read());
    user_stage_free(&stage);
    KTEST_EXPECT(!console_input_is_read());
}

KTEST(console_input_is_bounded)
{
    struct user_stage stage;
    keel_handle_t resource = open_reader(&stage);
    int64_t got, all = 0;

    KTEST_REQUIRE(resource != KEEL_HANDLE_INVALID);
    KTEST_EXPECT(CALL(debug_read, resource, stage.data, 1, 0) == -ETIMEDOUT);
    for (unsigned i = 0; i < CONSOLE_INPUT_SIZE + 50; i++) {
        console_input_put('x');
    }
    while ((got = CALL(debug_read, resource, stage.data, 256, 0)) > 0) {
        all += got;
    }
    KTEST_EXPECT(got == -ETIMEDOUT && all == CONSOLE_INPUT_SIZE);
    type("y");
    KTEST_EXPECT(reads(&stage, resource, 256, "y"));
    close_reader(&stage);
}

/* Who has shown the resource may write, too. */
KTEST(console_input_lets_write)
{
    struct user_stage stage;
    keel_handle_t resource = open_reader(&stage), power;

    KTEST_REQUIRE(resource != KEEL_HANDLE_INVALID);
    power = give_resource(&stage, KEEL_RSRC_SYSTEM_POWER_BASE);
    KTEST_EXPECT(CALL(debug_write, stage.data, 0) == -EPERM);
    KTEST_EXPECT(CALL(debug_read, power, stage.data, 1, 0) == -ERANGE);
    KTEST_EXPECT(CALL(debug_write, stage.data, 0) == -EPERM);
    KTEST_EXPECT(CALL(debug_read, resource, stage.data, 1, 0) == -ETIMEDOUT);
    KTEST_EXPECT(CALL(debug_write, stage.data, 0) == 0);
    close_reader(&stage);
}

/* A program that waits for one key and ends; true: it is the reader. */
static bool start_waiting(struct user_stage *stage)
{
    const struct user_step steps[] = {
        {KEEL_SYS_debug_read,
         {give_resource(stage, 0), USER_BUFFER(stage), 256, (uint64_t)KEEL_TIME_INFINITE},
         0},
        {.number = USER_END},
    };

    if (!user_stage_start_script(stage, steps, 2)) {
        return false;
    }
    while (!console_input_is_read()) {
        thread_sleep(NS_PER_MS);
    }
    return true;
}

/* Whether a key comes before the wait has begun or after makes no difference, nor does the end of the process. */
KTEST(console_input_ends_waits)
{
    for (unsigned i = 0; i < ROUNDS; i++) {
        struct process_end end = {.reason = PROCESS_RUNS};
        struct user_step steps[1];
        struct user_stage stage;

        KTEST_REQUIRE(user_stage_make(&stage, 0));
        KTEST_EXPECT(start_waiting(&stage));
        if (i % 4 < 2) {
            thread_sleep(NS_PER_MS);
        }
        if (i % 2 == 0) {
            type("k");
        } else {
            process_kill(stage.process);
        }
        KTEST_EXPECT(user_stage_wait(&stage, &end));
        KTEST_EXPECT(end.reason == (i % 2 == 0 ? PROCESS_EXITED : PROCESS_KILLED));
        user_stage_read_script(&stage, steps, 1);
        KTEST_EXPECT(i % 2 != 0 || steps[0].result == 1);
        KTEST_EXPECT(!console_input_is_read());
        user_stage_free(&stage);
    }
}
