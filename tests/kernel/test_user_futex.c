/* SPDX-License-Identifier: MIT */
/* Futexes: who waits, who is woken, who owns, and what owners inherit. */
#include "user_stage.h"

#include <keel/clock.h>
#include <keel/errno.h>
#include <keel/event_object.h>
#include <keel/futex_object.h>
#include <keel/ktest.h>
#include <keel/signals.h>
#include <keel/syscall_numbers.h>
#include <keel/timer.h>
#include <keel/wait.h>

#define THREADS  5u
#define WORD     0u /* of the data: where they wait */
#define OTHER    1u
#define ANSWER   2u
#define PATIENCE (clock_ns() + 240 * NS_PER_SEC)

static struct user_stage stage;

/* A thread of the kernel that waits as one of the process's. */
static struct sleeper {
    struct user_thread *user;
    struct thread *thread;
    keel_handle_t owner; /* whom it names */
    uint64_t deadline;
    int64_t result;
    bool done;
} sleepers[THREADS];

static uint64_t at(unsigned index)
{
    return user_stage_at(&stage, index);
}

static int sleeper_main(void *arg)
{
    struct sleeper *self = arg;

    self->user->head = current_head();
    current_head()->user = self->user;
    aspace_switch(process_space(stage.process));
    self->result = CALL(futex_wait, at(WORD), 0, self->owner, self->deadline);
    WRITE_ONCE(self->done, true);
    futex_exit(self->user);
    aspace_switch(NULL);
    current_head()->user = NULL;
    self->user->head = NULL;
    return 0;
}

static bool is_waiting(const struct sleeper *sleeper)
{
    return READ_ONCE(sleeper->user->futex) != NULL;
}

static void wait_for(const struct sleeper *sleeper)
{
    uint64_t patience = PATIENCE;

    while (!is_waiting(sleeper) && clock_ns() < patience) {
        thread_sleep(NS_PER_MS / 10);
    }
    KTEST_EXPECT(is_waiting(sleeper));
}

static void start_one(struct sleeper *sleeper, uint64_t deadline, enum priority priority)
{
    struct thread_attr attr = {priority, CPUMASK_ALL};

    sleeper->done = false;
    sleeper->deadline = deadline;
    KTEST_EXPECT(user_thread_create(stage.process, "sleeper", &sleeper->user) == 0);
    KTEST_EXPECT(thread_run(&sleeper->thread, "sleeper", sleeper_main, sleeper, &attr) == 0);
    if (deadline == INT64_MAX) {
        wait_for(sleeper);
    }
}

/* Has some wait, in order. */
static void start(unsigned count, uint64_t deadline, enum priority priority)
{
    for (unsigned i = 0; i < count; i++) {
        start_one(&sleepers[i], deadline, priority);
    }
}

/* All have come back with a result. */
static void finish(unsigned first, unsigned count, int64_t result)
{
    for (unsigned i = first; i < first + count; i++) {
        KTEST_EXPECT(thread_join(sleepers[i].thread, NULL, PATIENCE) == 0);
        KTEST_EXPECT(sleepers[i].result == result);
        object_close(&sleepers[i].user->object);
    }
}

static bool open_stage(void)
{
    if (!user_stage_make(&stage, 0)) {
        return false;
    }
    for (unsigned i = 0; i < THREADS; i++) {
        sleepers[i] = (struct sleeper){.owner = KEEL_HANDLE_INVALID};
    }
    user_stage_become(&stage);
    return true;
}

static void close_stage(void)
{
    user_stage_return(&stage);
    user_stage_free(&stage);
}

/* A handle to a thread that is the process's, and the thread. */
static keel_handle_t make_owner(struct user_thread **out)
{
    KTEST_EXPECT(user_thread_create(stage.process, "owner", out) == 0);
    return user_stage_enter(&stage, &(*out)->object, KEEL_RIGHT_NONE);
}

KTEST(user_futex_says_why_not)
{
    keel_handle_t owner, event;
    struct user_thread *thread;
    struct object *object;

    KTEST_REQUIRE(open_stage());
    owner = make_owner(&thread);
    KTEST_EXPECT(event_object_create(&object) == 0);
    event = user_stage_enter(&stage, object, KEEL_RIGHT_NONE);
    KTEST_EXPECT(CALL(futex_wait, at(WORD) + 1, 0, 0, 0) == -EINVAL);
    KTEST_EXPECT(CALL(futex_wait, at(WORD), 1, 0, INT64_MAX) == -EAGAIN);
    KTEST_EXPECT(CALL(futex_wait, at(WORD), 0, 0, 0) == -ETIMEDOUT);
    KTEST_EXPECT(CALL(futex_wait, at(WORD), 0, owner, 0) == -ETIMEDOUT);
    KTEST_EXPECT(CALL(futex_wait, 8, 0, 0, INT64_MAX) == -EFAULT);
    KTEST_EXPECT(CALL(futex_wait, UINT64_MAX - 3, 0, 0, INT64_MAX) == -EFAULT);
    KTEST_EXPECT(CALL(futex_wait, at(WORD), 0, 2, INT64_MAX) == -EBADF);
    KTEST_EXPECT(CALL(futex_wait, at(WORD), 0, event, INT64_MAX) == -ENOTTY);
    KTEST_EXPECT(CALL(futex_wake, at(WORD) + 2, 1) == -EINVAL);
    KTEST_EXPECT(CALL(futex_wake, at(WORD), UINT32_MAX) == 0);
    KTEST_EXPECT(CALL(futex_wake_single_owner, at(WORD)) == 0);
    KTEST_EXPECT(CALL(futex_requeue, at(WORD), 0, 1, at(OTHER), 1, 0) == -EAGAIN);
    KTEST_EXPECT(CALL(futex_requeue, at(WORD), 0, 0, at(WORD), 1, 0) == -EINVAL);
    KTEST_EXPECT(CALL(futex_requeue, at(WORD), 0, 0, at(OTHER) + 1, 1, 0) == -EINVAL);
    KTEST_EXPECT(CALL(futex_requeue, at(WORD), 0, 0, at(OTHER), 1, owner) == 0);
    KTEST_EXPECT(CALL(futex_get_owner, at(WORD), at(ANSWER)) == 0);
    KTEST_EXPECT(user_stage_word(&stage, ANSWER) == KEEL_KOID_INVALID);
    KTEST_EXPECT(CALL(futex_get_owner, at(WORD), 8) == -EFAULT);
    close_stage();
}

KTEST(user_futex_wakes_in_order)
{
    KTEST_REQUIRE(open_stage());
    start(THREADS, INT64_MAX, PRIORITY_NORMAL);
    KTEST_EXPECT(CALL(futex_wake, at(OTHER), 1) == 0 && CALL(futex_wake, at(WORD), 0) == 0);
    KTEST_EXPECT(is_waiting(&sleepers[0]));
    KTEST_EXPECT(CALL(futex_wake, at(WORD), 2) == 0);
    finish(0, 2, 0);
    KTEST_EXPECT(is_waiting(&sleepers[2]) && is_waiting(&sleepers[3]) && is_waiting(&sleepers[4]));
    KTEST_EXPECT(CALL(futex_wake, at(WORD), UINT32_MAX) == 0);
    finish(2, 3, 0);
    start(THREADS, clock_ns() + NS_PER_MS, PRIORITY_NORMAL);
    finish(0, THREADS, -ETIMEDOUT);
    close_stage();
}

KTEST(user_futex_wakes_the_most_urgent)
{
    static const enum priority priorities[] = {PRIORITY_NORMAL, PRIORITY_HIGH, PRIORITY_LOW,
                                               PRIORITY_HIGH};
    static const unsigned order[] = {1, 3, 0, 2};

    KTEST_REQUIRE(open_stage());
    for (unsigned i = 0; i < ARRAY_SIZE(priorities); i++) {
        start_one(&sleepers[i], INT64_MAX, priorities[i]);
    }
    for (unsigned i = 0; i < ARRAY_SIZE(order); i++) {
        KTEST_EXPECT(CALL(futex_wake, at(WORD), 1) == 0);
        for (unsigned n = i + 1; n < ARRAY_SIZE(order); n++) {
            KTEST_EXPECT(is_waiting(&sleepers[order[n]]));
        }
        finish(order[i], 1, 0);
    }
    close_stage();
}

KTEST(user_futex_moves_waiters)
{
    struct user_thread *thread;
    keel_handle_t owner;

    KTEST_REQUIRE(open_stage());
    owner = make_owner(&thread);
    start(THREADS, INT64_MAX, PRIORITY_NORMAL);
    KTEST_EXPECT(CALL(futex_requeue, at(WORD), 1, 0, at(OTHER), 2, owner) == 0);
    finish(0, 1, 0);
    KTEST_EXPECT(CALL(futex_get_owner, at(OTHER), at(ANSWER)) == 0);
    KTEST_EXPECT(user_stage_word(&stage, ANSWER) == thread->object.koid);
    KTEST_EXPECT(CALL(futex_get_owner, at(WORD), at(ANSWER)) == 0);
    KTEST_EXPECT(user_stage_word(&stage, ANSWER) == KEEL_KOID_INVALID);
    KTEST_EXPECT(CALL(futex_wake, at(WORD), 10) == 0);
    finish(3, 2, 0);
    KTEST_EXPECT(is_waiting(&sleepers[1]) && is_waiting(&sleepers[2]));
    KTEST_EXPECT(CALL(futex_wake_single_owner, at(OTHER)) == 0);
    KTEST_EXPECT(CALL(futex_get_owner, at(OTHER), at(ANSWER)) == 0);
    finish(1, 1, 0);
    KTEST_EXPECT(CALL(futex_wake, at(OTHER), 10) == 0);
    finish(2, 1, 0);
    close_stage();
}

static unsigned lent_to(struct user_thread *user)
{
    return READ_ONCE(wait_ops->locks((struct thread *)user->head)->lent);
}

/* An owner runs as urgently as who waits for it, and so does whoever that one waits for. */
KTEST(user_futex_owner_inherits)
{
    struct user_thread *self;
    keel_handle_t owner;
    unsigned urgent;

    KTEST_REQUIRE(open_stage());
    owner = make_owner(&self);
    self->head = current_head();
    start(1, INT64_MAX, PRIORITY_LOW); /* waits for nobody */
    KTEST_EXPECT(lent_to(self) == 0);
    KTEST_EXPECT(CALL(futex_wake, at(WORD), 1) == 0);
    finish(0, 1, 0);
    for (unsigned i = 0; i < THREADS; i++) {
        sleepers[i].owner = owner;
    }
    start(3, INT64_MAX, PRIORITY_HIGH);
    urgent = lent_to(self);
    KTEST_EXPECT(urgent > 0 && wait_ops->urgency(thread_current()) >= urgent);
    KTEST_EXPECT(CALL(futex_get_owner, at(WORD), at(ANSWER)) == 0);
    KTEST_EXPECT(user_stage_word(&stage, ANSWER) == self->object.koid);
    KTEST_EXPECT(CALL(futex_wake, at(WORD), 1) == 0);
    KTEST_EXPECT(lent_to(self) == 0);
    finish(0, 1, 0);
    KTEST_EXPECT(CALL(futex_wake, at(WORD), 2) == 0);
    finish(1, 2, 0);
    start(2, clock_ns() + 20 * NS_PER_MS, PRIORITY_HIGH);
    finish(0, 2, -ETIMEDOUT);
    KTEST_EXPECT(lent_to(self) == 0);
    start(2, INT64_MAX, PRIORITY_HIGH);
    KTEST_EXPECT(lent_to(self) == urgent);
    futex_exit(self);
    KTEST_EXPECT(lent_to(self) == 0);
    KTEST_EXPECT(CALL(futex_wake, at(WORD), 2) == 0);
    finish(0, 2, 0);
    self->head = NULL;
    close_stage();
}

KTEST(user_futex_waits_end_with_the_process)
{
    uint64_t before = object_count();

    for (unsigned i = 0; i < 20; i++) {
        struct process_end end = {.reason = PROCESS_RUNS};
        uint64_t words[7] = {KEEL_SYS_futex_wait, 0, 0, 0, INT64_MAX};
        size_t done;

        KTEST_REQUIRE(user_stage_make(&stage, 0));
        words[1] = at(WORD);
        KTEST_EXPECT(vmo_write(stage.memory, words, 0, sizeof(words), &done) == 0);
        for (unsigned n = 0; n < 3; n++) {
            KTEST_EXPECT(user_stage_start(&stage, user_call, stage.data, n, NULL));
        }
        thread_sleep(i % 4 * NS_PER_MS);
        process_kill(stage.process);
        (void)user_stage_wait(&stage, &end);
        KTEST_EXPECT(end.reason == PROCESS_KILLED);
        user_stage_free(&stage);
    }
    KTEST_EXPECT(object_count() == before);
}

KTEST(user_machine_tells_of_itself)
{
    KTEST_REQUIRE(open_stage());
    KTEST_EXPECT(CALL(system_get_num_cpus, 0) >= 1);
    KTEST_EXPECT(CALL(system_get_physmem, 0) >= (32 << 20));
    KTEST_EXPECT(CALL(cprng_draw, at(0), 16) == 0);
    KTEST_EXPECT(user_stage_word(&stage, 0) != user_stage_word(&stage, 1));
    KTEST_EXPECT(CALL(cprng_draw, at(0), 257) == -EINVAL);
    KTEST_EXPECT(CALL(cprng_draw, 8, 16) == -EFAULT);
    close_stage();
}
