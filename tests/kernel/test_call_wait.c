/* SPDX-License-Identifier: MIT */
/* Waits in calls, which the end of a process ends. */
#include <keel/call_wait.h>
#include <keel/clock.h>
#include <keel/event.h>
#include <keel/ktest.h>
#include <keel/timer.h>
#include <keel/wait.h>

#define NEVER TIMER_NEVER

static struct spinlock lock;
static struct sync_event event;

/* Two waits, then one that is no call's. What comes back: a bit for each that was ended. */
static int wait_thrice(void *arg)
{
    int ended = 0;

    (void)arg;
    for (int i = 0; i < 2; i++) {
        unsigned long irq = spin_lock(&lock);

        ended |= !call_wait(&lock, irq, NEVER, 0) && thread_is_cancelled() ? 1 << i : 0;
    }
    event_wait(&event);
    return ended | 4;
}

static void await_block(const struct thread *thread)
{
    while (thread_state(thread) != THREAD_BLOCKED) {
        thread_yield();
    }
}

KTEST(call_waits_end_with_their_process)
{
    struct thread *thread;
    int ended = 0;

    event_init(&event, EVENT_MANUAL, false);
    KTEST_REQUIRE(thread_run(&thread, "caller", wait_thrice, NULL, NULL) == 0);
    await_block(thread);
    thread_cancel_waits(thread);
    wait_resched();
    KTEST_EXPECT(thread_join(thread, &ended, clock_ns() + 20 * NS_PER_MS) == -ETIMEDOUT);
    await_block(thread);
    thread_cancel_waits(thread); /* what waits otherwise goes on waiting */
    KTEST_EXPECT(thread_state(thread) == THREAD_BLOCKED);
    event_signal(&event);
    KTEST_EXPECT(thread_join(thread, &ended, NEVER) == 0);
    KTEST_EXPECT(ended == 7 && !thread_is_cancelled());
}

/* Waits until noted, with a deadline and without, then until woken; what was wrong: a bit each. */
static int wait_noted(void *arg)
{
    uint64_t far = clock_ns() + 3600 * NS_PER_SEC, deadline;
    int wrong = 0;

    (void)arg;
    for (int i = 0; i < 4; i++) {
        unsigned long irq = spin_lock(&lock);

        wrong |= call_wait(&lock, irq, i % 2 != 0 ? far : NEVER, 0) ? 1 : 0;
        wrong |= !thread_take_note(&deadline) ? 2 : 0;
        wrong |= deadline != (i % 2 != 0 ? far : NEVER) ? 4 : 0;
        wrong |= thread_take_note(&deadline) || deadline != NEVER ? 8 : 0;
        event_signal(&event);
    }
    return wrong;
}

KTEST(call_waits_end_once_for_a_note)
{
    struct thread *thread;
    int wrong = 1;

    event_init(&event, EVENT_AUTO, false);
    KTEST_REQUIRE(thread_run(&thread, "noted", wait_noted, NULL, NULL) == 0);
    for (int i = 0; i < 4; i++) {
        if (i != 3) { /* the last is noted before it waits, or while */
            await_block(thread);
        }
        KTEST_EXPECT(thread_note(thread) == 0 || i == 3);
        wait_resched();
        event_wait(&event);
    }
    KTEST_EXPECT(thread_join(thread, &wrong, NEVER) == 0);
    KTEST_EXPECT(wrong == 0);
}
