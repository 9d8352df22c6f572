/* SPDX-License-Identifier: MIT */
/* Futexes: who waits, who is woken, who owns. */
#include "../objects.h"
#include "workers.h"

#include <keel/syscall_numbers.h>

#define NOBODY KEEL_HANDLE_INVALID

/* A thread that waits at a word. */
struct sleeper {
    uint32_t *word;
    keel_handle_t owner;
    keel_time_t deadline;
    unsigned *order; /* counted when it is woken, if it is not NULL */
    int result;      /* 1 while it waits */
    unsigned place;  /* in that order */
    struct worker worker;
};

static void sleep_at_word(uint64_t sleeper_address, uint64_t unused)
{
    struct sleeper *self = (struct sleeper *)sleeper_address;
    int err = keel_futex_wait(self->word, 0, self->owner, self->deadline);

    (void)unused;
    if (self->order) {
        self->place = __atomic_add_fetch(self->order, 1, __ATOMIC_ACQ_REL);
    }
    __atomic_store_n(&self->result, err, __ATOMIC_RELEASE);
    keel_thread_exit();
}

/* Lets it wait; false: failed the test. */
static bool send_to_sleep(struct sleeper *sleeper, uint32_t *word, keel_handle_t owner)
{
    sleeper->word = word;
    sleeper->owner = owner;
    sleeper->deadline = FOREVER;
    sleeper->result = 1;
    return start_worker(&sleeper->worker, sleep_at_word, (uint64_t)sleeper, 0) &&
           await_blocked(sleeper->worker.thread);
}

static bool sleeps(const struct sleeper *sleeper)
{
    return __atomic_load_n(&sleeper->result, __ATOMIC_ACQUIRE) == 1;
}

static keel_koid_t koid_of(keel_handle_t handle)
{
    keel_info_handle_basic_t info = {0};

    EXPECT_EQ(keel_object_get_info(handle, KEEL_INFO_HANDLE_BASIC, &info, sizeof(info), NULL, NULL),
              0);
    return info.koid;
}

static keel_koid_t owner_of(uint32_t *word)
{
    keel_koid_t koid = 1;

    EXPECT_EQ(keel_futex_get_owner(word, &koid), 0);
    return koid;
}

/* --- Waiting --- */

UTEST(futex_with_another_value_is_not_waited_for)
{
    uint32_t word = 5;

    EXPECT_EQ(keel_futex_wait(&word, 4, NOBODY, FOREVER), -EAGAIN);
    EXPECT_EQ(word, 5);
}

UTEST(futex_wait_gives_up_at_the_deadline)
{
    keel_time_t deadline = keel_clock_get_monotonic() + 2 * MS;
    uint32_t word = 5;

    EXPECT_EQ(keel_futex_wait(&word, 5, NOBODY, deadline), -ETIMEDOUT);
    EXPECT(keel_clock_get_monotonic() >= deadline);
}

UTEST(futex_wait_in_the_past_does_not_wait)
{
    uint32_t word = 0;

    EXPECT_EQ(keel_futex_wait(&word, 0, NOBODY, 0), -ETIMEDOUT);
    EXPECT_EQ(keel_futex_wait(&word, 0, NOBODY, KEEL_TIME_INFINITE_PAST), -ETIMEDOUT);
    EXPECT_EQ(keel_futex_wait(&word, 1, NOBODY, 0), -EAGAIN);
}

UTEST(futex_words_are_aligned)
{
    uint32_t words[3] = {0};
    uint32_t *odd = (uint32_t *)((char *)words + 2);
    keel_koid_t koid;

    EXPECT_EQ(keel_futex_wait(odd, 0, NOBODY, 0), -EINVAL);
    EXPECT_EQ(keel_futex_wake(odd, 1), -EINVAL);
    EXPECT_EQ(keel_futex_wake_single_owner(odd), -EINVAL);
    EXPECT_EQ(keel_futex_get_owner(odd, &koid), -EINVAL);
    EXPECT_EQ(keel_futex_requeue(odd, 1, 0, words, 1, NOBODY), -EINVAL);
    EXPECT_EQ(keel_futex_requeue(words, 1, 0, odd, 1, NOBODY), -EINVAL);
}

UTEST(futex_words_are_in_user_space)
{
    uint32_t word = 0;
    keel_koid_t koid;

    EXPECT_EQ(keel_futex_wait(NO_POINTER, 0, NOBODY, 0), -EFAULT);
    EXPECT_EQ(keel_futex_wait(KERNEL_POINTER, 0, NOBODY, 0), -EFAULT);
    EXPECT_EQ(keel_futex_wake(KERNEL_POINTER, 1), -EFAULT);
    EXPECT_EQ(keel_futex_requeue(NO_POINTER, 1, 0, &word, 1, NOBODY), -EFAULT);
    EXPECT_EQ(keel_futex_requeue(&word, 1, 0, KERNEL_POINTER, 1, NOBODY), -EFAULT);
    EXPECT_EQ(keel_futex_get_owner(KERNEL_POINTER, &koid), -EFAULT);
    EXPECT_EQ(keel_futex_get_owner(&word, NO_POINTER), -EFAULT);
}

/* --- Waking --- */

UTEST(futex_wake_where_nobody_waits)
{
    uint32_t word = 0;

    EXPECT_EQ(keel_futex_wake(&word, 0), 0);
    EXPECT_EQ(keel_futex_wake(&word, UINT32_MAX), 0);
    EXPECT_EQ(keel_futex_wake_single_owner(&word), 0);
}

UTEST(futex_wake_wakes_who_has_waited_longest)
{
    static struct sleeper sleepers[3];
    uint32_t word = 0;

    for (unsigned i = 0; i < 3; i++) {
        REQUIRE(send_to_sleep(&sleepers[i], &word, NOBODY));
    }
    for (unsigned i = 0; i < 3; i++) {
        EXPECT(sleeps(&sleepers[i]));
        EXPECT_EQ(keel_futex_wake(&word, 1), 0);
        join_worker(&sleepers[i].worker);
        EXPECT_EQ(sleepers[i].result, 0);
    }
}

UTEST(futex_wake_wakes_all)
{
    static struct sleeper sleepers[4];
    uint32_t word = 0;

    for (unsigned i = 0; i < 4; i++) {
        REQUIRE(send_to_sleep(&sleepers[i], &word, NOBODY));
    }
    EXPECT_EQ(keel_futex_wake(&word, UINT32_MAX), 0);
    for (unsigned i = 0; i < 4; i++) {
        join_worker(&sleepers[i].worker);
        EXPECT_EQ(sleepers[i].result, 0);
    }
}

UTEST(futex_wake_of_none_and_elsewhere_wakes_nobody)
{
    static struct sleeper sleeper;
    uint32_t words[3] = {0};

    REQUIRE(send_to_sleep(&sleeper, &words[1], NOBODY));
    EXPECT_EQ(keel_futex_wake(&words[1], 0), 0);
    EXPECT_EQ(keel_futex_wake(&words[0], 9), 0);
    EXPECT_EQ(keel_futex_wake(&words[2], 9), 0);
    EXPECT(await_blocked(sleeper.worker.thread) && sleeps(&sleeper));
    EXPECT_EQ(keel_futex_wake(&words[1], 1), 0);
    join_worker(&sleeper.worker);
    EXPECT_EQ(sleeper.result, 0);
}

/* The same memory, and even the same address, is another futex in another process. */
UTEST(futex_of_another_process_is_another)
{
    struct child child = new_child(root_job());
    struct child_call call = {KEEL_SYS_futex_wait, {0, 0, NOBODY, (uint64_t)FOREVER}, 1};
    int64_t at = keel_vmar_map(root_vmar(), KEEL_VM_PERM_READ | KEEL_VM_PERM_WRITE, 0, child.memory,
                               0, CHILD_MEMORY);

    REQUIRE(at > 0);
    call.argument[0] = child.base + CHILD_SECOND;
    EXPECT_EQ(start_call(&child, &call, NOBODY), 0);
    EXPECT(await_blocked(child.thread));
    EXPECT_EQ(keel_futex_wake((uint32_t *)(uint64_t)(at + CHILD_SECOND), 1), 0);
    EXPECT_EQ(keel_futex_wake((uint32_t *)call.argument[0], 1), 0);
    EXPECT(await_blocked(child.thread));
    EXPECT_EQ(keel_task_kill(child.process), 0);
    wait_for_end(child.process);
    EXPECT_EQ(result_of(&child), 1);
    EXPECT_EQ(keel_vmar_unmap(root_vmar(), (uint64_t)at, CHILD_MEMORY), 0);
    end_child(child);
}

/* --- Owners --- */

UTEST(futex_tells_its_owner)
{
    static struct sleeper owner, sleeper;
    uint32_t word = 0, other = 0;

    EXPECT_EQ(owner_of(&word), KEEL_KOID_INVALID);
    REQUIRE(send_to_sleep(&owner, &other, NOBODY));
    REQUIRE(send_to_sleep(&sleeper, &word, owner.worker.thread));
    EXPECT_EQ(owner_of(&word), koid_of(owner.worker.thread));
    EXPECT_EQ(owner_of(&other), KEEL_KOID_INVALID);
    EXPECT_EQ(keel_futex_wake(&word, 1), 0);
    EXPECT_EQ(owner_of(&word), KEEL_KOID_INVALID);
    EXPECT_EQ(keel_futex_wake(&other, 1), 0);
    join_worker(&sleeper.worker);
    join_worker(&owner.worker);
}

UTEST(futex_is_nobodys_once_its_owner_ends)
{
    static struct sleeper owner, sleeper;
    uint32_t word = 0, other = 0;

    REQUIRE(send_to_sleep(&owner, &other, NOBODY));
    REQUIRE(send_to_sleep(&sleeper, &word, owner.worker.thread));
    EXPECT_EQ(keel_futex_wake(&other, 1), 0);
    join_worker(&owner.worker);
    EXPECT_EQ(owner_of(&word), KEEL_KOID_INVALID);
    EXPECT(sleeps(&sleeper));
    EXPECT_EQ(keel_futex_wake(&word, 1), 0);
    join_worker(&sleeper.worker);
}

UTEST(futex_owner_is_a_thread_of_the_process)
{
    struct child child = new_child(root_job());
    keel_handle_t event = new_event();
    uint32_t word = 0;

    EXPECT_EQ(keel_futex_wait(&word, 0, event, 0), -ENOTTY);
    EXPECT_EQ(keel_futex_wait(&word, 0, BAD_HANDLE, 0), -EBADF);
    EXPECT_EQ(keel_futex_wait(&word, 0, child.thread, 0), -EINVAL);
    EXPECT_EQ(keel_handle_close(event), 0);
    end_child(child);
}

static void wait_for_itself(uint64_t thread, uint64_t result)
{
    static uint32_t word;

    *(int *)result = keel_futex_wait(&word, 0, *(const keel_handle_t *)thread, FOREVER);
    keel_thread_exit();
}

UTEST(futex_owner_is_not_who_waits)
{
    struct worker worker;
    int result = 1;

    REQUIRE(start_worker(&worker, wait_for_itself, (uint64_t)&worker.thread, (uint64_t)&result));
    join_worker(&worker);
    EXPECT_EQ(result, -EINVAL);
}

UTEST(futex_owner_does_not_wait_there)
{
    static struct sleeper sleeper;
    uint32_t word = 0, other = 0;

    REQUIRE(send_to_sleep(&sleeper, &word, NOBODY));
    EXPECT_EQ(keel_futex_wait(&word, 0, sleeper.worker.thread, 0), -EINVAL);
    EXPECT_EQ(keel_futex_requeue(&word, 0, 0, &other, 0, sleeper.worker.thread), -EINVAL);
    EXPECT_EQ(keel_futex_requeue(&other, 0, 0, &word, 0, sleeper.worker.thread), -EINVAL);
    EXPECT_EQ(keel_futex_wait(&other, 0, sleeper.worker.thread, 0), -ETIMEDOUT);
    EXPECT_EQ(keel_futex_wake(&word, 1), 0);
    join_worker(&sleeper.worker);
}

UTEST(futex_wake_single_owner_makes_the_woken_one_the_owner)
{
    static struct sleeper first, second;
    keel_koid_t koid;
    uint32_t word = 0;

    REQUIRE(send_to_sleep(&first, &word, NOBODY));
    REQUIRE(send_to_sleep(&second, &word, NOBODY));
    koid = koid_of(first.worker.thread);
    EXPECT_EQ(keel_futex_wake_single_owner(&word), 0);
    koid -= owner_of(&word); /* or it has ended already */
    EXPECT(koid == 0 || owner_of(&word) == KEEL_KOID_INVALID);
    join_worker(&first.worker);
    EXPECT_EQ(first.result, 0);
    EXPECT(sleeps(&second));
    EXPECT_EQ(keel_futex_wake_single_owner(&word), 0);
    join_worker(&second.worker);
    EXPECT_EQ(owner_of(&word), KEEL_KOID_INVALID);
}

/* --- Moving --- */

UTEST(futex_requeue_moves_who_waits)
{
    static struct sleeper sleeper;
    uint32_t word = 0, other = 0;

    REQUIRE(send_to_sleep(&sleeper, &word, NOBODY));
    EXPECT_EQ(keel_futex_requeue(&word, 0, 0, &other, 1, NOBODY), 0);
    EXPECT_EQ(keel_futex_wake(&word, 9), 0);
    EXPECT(await_blocked(sleeper.worker.thread) && sleeps(&sleeper));
    EXPECT_EQ(keel_futex_wake(&other, 1), 0);
    join_worker(&sleeper.worker);
    EXPECT_EQ(sleeper.result, 0);
}

UTEST(futex_requeue_wakes_first_and_moves_the_rest)
{
    static struct sleeper sleepers[4], owner;
    uint32_t word = 0, other = 0, third = 0;

    REQUIRE(send_to_sleep(&owner, &third, NOBODY));
    for (unsigned i = 0; i < 4; i++) {
        REQUIRE(send_to_sleep(&sleepers[i], &word, NOBODY));
    }
    EXPECT_EQ(keel_futex_requeue(&word, 1, 0, &other, 2, owner.worker.thread), 0);
    join_worker(&sleepers[0].worker);
    EXPECT_EQ(owner_of(&other), koid_of(owner.worker.thread));
    EXPECT_EQ(keel_futex_wake(&other, 9), 0);
    join_worker(&sleepers[1].worker);
    join_worker(&sleepers[2].worker);
    EXPECT(await_blocked(sleepers[3].worker.thread) && sleeps(&sleepers[3]));
    EXPECT_EQ(keel_futex_wake(&word, 9), 0);
    join_worker(&sleepers[3].worker);
    EXPECT_EQ(keel_futex_wake(&third, 1), 0);
    join_worker(&owner.worker);
}

UTEST(futex_requeue_of_another_value_moves_nobody)
{
    static struct sleeper sleeper;
    uint32_t word = 0, other = 0;

    REQUIRE(send_to_sleep(&sleeper, &word, NOBODY));
    EXPECT_EQ(keel_futex_requeue(&word, 1, 7, &other, 1, NOBODY), -EAGAIN);
    EXPECT(await_blocked(sleeper.worker.thread) && sleeps(&sleeper));
    EXPECT_EQ(keel_futex_wake(&word, 1), 0);
    join_worker(&sleeper.worker);
}

UTEST(futex_requeue_goes_elsewhere)
{
    keel_handle_t event = new_event();
    uint32_t word = 0, other = 0;

    EXPECT_EQ(keel_futex_requeue(&word, 1, 0, &word, 1, NOBODY), -EINVAL);
    EXPECT_EQ(keel_futex_requeue(&word, 1, 0, &other, 1, event), -ENOTTY);
    EXPECT_EQ(keel_futex_requeue(&word, 1, 0, &other, 1, BAD_HANDLE), -EBADF);
    EXPECT_EQ(keel_futex_requeue(&word, UINT32_MAX, 0, &other, UINT32_MAX, NOBODY), 0);
    EXPECT_EQ(keel_handle_close(event), 0);
}

/* One that was moved still knows its deadline. */
UTEST(futex_moved_wait_gives_up_at_its_deadline)
{
    static struct sleeper sleeper;
    uint32_t word = 0, other = 0;

    sleeper.word = &word;
    sleeper.result = 1;
    sleeper.deadline = keel_clock_get_monotonic() + 20 * MS;
    REQUIRE(start_worker(&sleeper.worker, sleep_at_word, (uint64_t)&sleeper, 0));
    while (sleeps(&sleeper)) {
        EXPECT_EQ(keel_futex_requeue(&word, 0, 0, &other, 1, NOBODY), 0);
        keel_nanosleep(keel_clock_get_monotonic() + MS / 10);
    }
    join_worker(&sleeper.worker);
    EXPECT_EQ(sleeper.result, -ETIMEDOUT);
    EXPECT_EQ(keel_futex_wake(&other, 1), 0);
}
