/* SPDX-License-Identifier: MIT */
/* Jobs, processes and threads: how they begin and end, and who is told. */
#include "../objects.h"
#include "workers.h"

#include <keel/property.h>
#include <keel/runtime.h>
#include <string.h>

/* --- Threads of this process --- */

static void note_arguments(uint64_t first, uint64_t second)
{
    __atomic_store_n((uint64_t *)first, second, __ATOMIC_RELEASE);
    keel_thread_exit();
}

static void wait_for_event(uint64_t event, uint64_t result)
{
    keel_signals_t signals;

    __atomic_store_n(
        (int *)result,
        keel_object_wait_one((keel_handle_t)event, KEEL_USER_SIGNAL_0, FOREVER, &signals),
        __ATOMIC_RELEASE);
    keel_thread_exit();
}

UTEST(thread_gets_its_arguments)
{
    struct worker worker;
    uint64_t noted = 0;

    REQUIRE(start_worker(&worker, note_arguments, (uint64_t)&noted, 4711));
    join_worker(&worker);
    EXPECT_EQ(noted, 4711);
}

UTEST(thread_starts_once)
{
    struct worker worker;
    uint64_t noted = 0;

    REQUIRE(start_worker(&worker, note_arguments, (uint64_t)&noted, 1));
    EXPECT_EQ(keel_thread_start(worker.thread, (uint64_t)note_arguments, 0, 0, 0), -EBUSY);
    join_worker(&worker);
}

UTEST(thread_entry_is_an_address_of_user_space)
{
    keel_handle_t thread;

    EXPECT_EQ(keel_thread_create(self(), "t", 1, 0, &thread), 0);
    EXPECT_EQ(keel_thread_start(thread, 0xffffffff80000000, 0, 0, 0), -EINVAL);
    EXPECT_EQ(keel_thread_start(thread, UINT64_MAX, 0, 0, 0), -EINVAL);
    EXPECT_EQ(keel_handle_close(thread), 0);
}

UTEST(thread_never_started_is_just_closed)
{
    keel_handle_t thread;

    for (unsigned i = 0; i < 100; i++) {
        EXPECT_EQ(keel_thread_create(self(), "t", 1, 0, &thread), 0);
        EXPECT_EQ(keel_handle_close(thread), 0);
    }
}

UTEST(thread_options_are_none)
{
    keel_handle_t thread;

    EXPECT_EQ(keel_thread_create(self(), "t", 1, 1, &thread), -EINVAL);
    EXPECT_EQ(keel_thread_create(self(), NO_POINTER, 4, 0, &thread), -EFAULT);
    EXPECT_EQ(keel_thread_create(self(), "t", 5000, 0, &thread), -EINVAL);
}

UTEST(thread_cannot_be_killed_from_outside)
{
    keel_handle_t thread;

    EXPECT_EQ(keel_thread_create(self(), "t", 1, 0, &thread), 0);
    EXPECT_EQ(keel_task_kill(thread), -ENOTSUP);
    EXPECT_EQ(keel_handle_close(thread), 0);
}

UTEST(thread_many_come_and_go)
{
    static uint64_t noted[16];
    struct worker workers[16];

    for (unsigned round = 0; round < 8; round++) {
        for (unsigned i = 0; i < 16; i++) {
            noted[i] = 0;
            REQUIRE(start_worker(&workers[i], note_arguments, (uint64_t)&noted[i], i + 1));
        }
        for (unsigned i = 0; i < 16; i++) {
            join_worker(&workers[i]);
            EXPECT_EQ(noted[i], i + 1);
        }
    }
}

UTEST(wait_is_ended_by_a_signal_of_another_thread)
{
    keel_handle_t event = new_event();
    struct worker worker;
    int result = 1;

    REQUIRE(start_worker(&worker, wait_for_event, event, (uint64_t)&result));
    EXPECT_EQ(keel_nanosleep(keel_clock_get_monotonic() + MS), 0);
    EXPECT_EQ(keel_object_signal(event, 0, KEEL_USER_SIGNAL_0), 0);
    join_worker(&worker);
    EXPECT_EQ(result, 0);
    EXPECT_EQ(keel_handle_close(event), 0);
}

/* The handle is closed before the other waits through it, or while: it never waits for ever. */
UTEST(wait_is_ended_by_the_handles_end)
{
    for (unsigned round = 0; round < 50; round++) {
        keel_handle_t event = new_event();
        struct worker worker;
        int result = 1;

        REQUIRE(start_worker(&worker, wait_for_event, event, (uint64_t)&result));
        if (round % 2 != 0) {
            EXPECT_EQ(keel_nanosleep(keel_clock_get_monotonic() + MS), 0);
        }
        EXPECT_EQ(keel_handle_close(event), 0);
        join_worker(&worker);
        EXPECT(result == -ECANCELED || result == -EBADF);
    }
}

/* --- Channels between threads --- */

/* Serves requests by adding one to their second word, until the other end is closed. */
static void serve(uint64_t channel, uint64_t unused)
{
    uint32_t message[2] = {0};
    keel_channel_call_args_t args = {.rd_bytes = message};
    int err;

    (void)unused;
    do {
        args.rd_num_bytes = sizeof(message);
        args.wr_bytes = message;
        err = keel_channel_reply_wait((keel_handle_t)channel, 0, FOREVER, &args);
        args.wr_num_bytes = sizeof(message);
        message[1]++;
    } while (err == 0);
    keel_handle_close((keel_handle_t)channel);
    keel_thread_exit();
}

UTEST(channel_calls_are_answered)
{
    struct ends ends = new_channel();
    struct worker worker;

    REQUIRE(start_worker(&worker, serve, ends.other, 0));
    for (uint32_t i = 0; i < 500; i++) {
        uint32_t request[2] = {0, i}, reply[2] = {0};
        keel_channel_call_args_t args = {.wr_bytes = request,
                                         .wr_num_bytes = sizeof(request),
                                         .rd_bytes = reply,
                                         .rd_num_bytes = sizeof(reply)};

        EXPECT_EQ(keel_channel_call(ends.one, 0, FOREVER, &args), 0);
        EXPECT_EQ(reply[1], i + 1);
    }
    EXPECT_EQ(keel_handle_close(ends.one), 0);
    join_worker(&worker);
}

/* The one who is called closes his end, with the request read or not. */
static void read_and_close(uint64_t channel, uint64_t reads)
{
    uint32_t message[2];
    keel_channel_call_args_t args = {.rd_bytes = message, .rd_num_bytes = sizeof(message)};

    if (reads != 0) {
        (void)keel_channel_reply_wait((keel_handle_t)channel, 0, FOREVER, &args);
    }
    keel_handle_close((keel_handle_t)channel);
    keel_thread_exit();
}

UTEST(channel_call_ends_when_the_server_goes)
{
    for (unsigned round = 0; round < 50; round++) {
        struct ends ends = new_channel();
        uint32_t request[2] = {0}, reply[2];
        keel_channel_call_args_t args = {.wr_bytes = request,
                                         .wr_num_bytes = sizeof(request),
                                         .rd_bytes = reply,
                                         .rd_num_bytes = sizeof(reply)};
        struct worker worker;

        REQUIRE(start_worker(&worker, read_and_close, ends.other, round % 2));
        EXPECT_EQ(keel_channel_call(ends.one, 0, FOREVER, &args), -EPIPE);
        EXPECT_EQ(keel_handle_close(ends.one), 0);
        join_worker(&worker);
    }
}

/* --- Processes --- */

UTEST(process_runs_and_ends)
{
    for (unsigned i = 0; i < 20; i++) {
        struct child child = new_child(root_job());
        keel_info_process_t info = {0};

        EXPECT_EQ(keel_process_start(child.process, child.thread, child.entry, 0, 0, i), 0);
        wait_for_end(child.process);
        wait_for_end(child.thread);
        EXPECT_EQ(
            keel_object_get_info(child.process, KEEL_INFO_PROCESS, &info, sizeof(info), NULL, NULL),
            0);
        EXPECT_EQ(info.return_code, i);
        end_child(child);
    }
}

UTEST(process_takes_its_argument_along)
{
    struct child child = new_child(root_job());
    struct ends ends = new_channel();
    keel_signals_t signals;

    EXPECT_EQ(keel_process_start(child.process, child.thread, child.entry, 0, ends.other, 0), 0);
    EXPECT_EQ(keel_handle_close(ends.other), -EBADF);
    EXPECT_EQ(keel_object_wait_one(ends.one, KEEL_CHANNEL_PEER_CLOSED, FOREVER, &signals), 0);
    EXPECT_EQ(keel_handle_close(ends.one), 0);
    end_child(child);
}

UTEST(process_failed_start_keeps_the_argument)
{
    struct child child = new_child(root_job());
    keel_handle_t event = new_event();

    EXPECT_EQ(keel_process_start(child.process, child.thread, 0xffffffff80000000, 0, event, 0),
              -EINVAL);
    EXPECT_EQ(keel_process_start(self(), child.thread, child.entry, 0, event, 0), -EACCES);
    EXPECT_EQ(keel_process_start(child.process, child.thread, child.entry, 0, BAD_HANDLE, 0),
              -EBADF);
    EXPECT_EQ(signals_of(event), 0);
    EXPECT_EQ(keel_handle_close(event), 0);
    end_child(child);
}

UTEST(process_starts_once)
{
    struct child child = new_child(root_job());
    int err;

    EXPECT_EQ(keel_process_start(child.process, child.thread, child.entry, 0, 0, 0), 0);
    err = keel_process_start(child.process, child.thread, child.entry, 0, 0, 0);
    EXPECT(err == -EBUSY || err == -ECANCELED);
    wait_for_end(child.process);
    end_child(child);
}

UTEST(process_thread_starts_after_it)
{
    struct child child = new_child(root_job());

    EXPECT_EQ(keel_thread_start(child.thread, child.entry, 0, 0, 0), -EBUSY);
    end_child(child);
}

UTEST(process_without_a_handle_ends)
{
    struct child child = new_child(root_job());

    EXPECT_EQ(keel_handle_close(child.process), 0);
    EXPECT_EQ(keel_handle_close(child.thread), 0);
    EXPECT_EQ(keel_handle_close(child.vmar), 0);
}

UTEST(process_killed_ends)
{
    struct child child = new_child(root_job());

    EXPECT_EQ(keel_task_kill(child.process), 0);
    wait_for_end(child.process);
    EXPECT_EQ(keel_task_kill(child.process), 0);
    EXPECT_EQ(keel_process_start(child.process, child.thread, child.entry, 0, 0, 0), -ECANCELED);
    end_child(child);
}

/* It starts at an address with nothing there. */
UTEST(process_that_faults_is_ended_alone)
{
    struct child child = new_child(root_job());

    EXPECT_EQ(keel_process_start(child.process, child.thread, child.entry + PAGE, 0, 0, 0), 0);
    wait_for_end(child.process);
    end_child(child);
}

UTEST(process_needs_rights)
{
    keel_handle_t job = with_rights(root_job(), KEEL_RIGHT_WAIT), process, vmar;
    struct child child = new_child(root_job());
    keel_handle_t watcher = with_rights(child.process, KEEL_RIGHT_WAIT);

    EXPECT_EQ(keel_process_create(job, "x", 1, 0, &process, &vmar), -EACCES);
    EXPECT_EQ(keel_task_kill(watcher), -EACCES);
    EXPECT_EQ(keel_process_start(watcher, child.thread, child.entry, 0, 0, 0), -EACCES);
    EXPECT_EQ(keel_handle_close(watcher), 0);
    EXPECT_EQ(keel_handle_close(job), 0);
    end_child(child);
}

UTEST(process_names_are_cut)
{
    static const char name[] = "a name that is longer than the thirty-one bytes";
    char got[KEEL_MAX_NAME_LEN];
    keel_handle_t process, vmar;

    EXPECT_EQ(keel_process_create(root_job(), name, sizeof(name) - 1, 0, &process, &vmar), 0);
    EXPECT_EQ(keel_object_get_property(process, KEEL_PROP_NAME, got, sizeof(got)), 0);
    EXPECT(memcmp(got, name, KEEL_MAX_NAME_LEN - 1) == 0 && got[KEEL_MAX_NAME_LEN - 1] == 0);
    EXPECT_EQ(keel_object_set_property(process, KEEL_PROP_NAME, "new", 3), 0);
    EXPECT_EQ(keel_object_get_property(process, KEEL_PROP_NAME, got, sizeof(got)), 0);
    EXPECT(strcmp(got, "new") == 0);
    EXPECT_EQ(keel_object_get_property(process, KEEL_PROP_NAME, got, 3), -ERANGE);
    EXPECT_EQ(keel_object_get_property(process, 9999, got, sizeof(got)), -EINVAL);
    EXPECT_EQ(keel_handle_close(vmar), 0);
    EXPECT_EQ(keel_handle_close(process), 0);
}

/* --- Jobs --- */

UTEST(job_kills_all_that_is_in_it)
{
    struct child children[4];
    keel_handle_t outer, inner;

    EXPECT_EQ(keel_job_create(root_job(), 0, &outer), 0);
    EXPECT_EQ(keel_job_create(outer, 0, &inner), 0);
    for (unsigned i = 0; i < 4; i++) {
        children[i] = new_child(i % 2 == 0 ? outer : inner);
    }
    EXPECT_EQ(keel_task_kill(outer), 0);
    for (unsigned i = 0; i < 4; i++) {
        wait_for_end(children[i].process);
        end_child(children[i]);
    }
    wait_for_end(outer);
    wait_for_end(inner);
    EXPECT_EQ(keel_handle_close(inner), 0);
    EXPECT_EQ(keel_handle_close(outer), 0);
}

UTEST(job_killed_takes_no_more)
{
    keel_handle_t job, inner, process, vmar;

    EXPECT_EQ(keel_job_create(root_job(), 0, &job), 0);
    EXPECT_EQ(keel_task_kill(job), 0);
    EXPECT_EQ(keel_job_create(job, 0, &inner), -ECANCELED);
    EXPECT_EQ(keel_process_create(job, "x", 1, 0, &process, &vmar), -ECANCELED);
    EXPECT_EQ(keel_handle_close(job), 0);
}

UTEST(job_tells_when_it_is_empty)
{
    keel_handle_t job;
    keel_signals_t signals;
    struct child child;

    EXPECT_EQ(keel_job_create(root_job(), 0, &job), 0);
    EXPECT_EQ(signals_of(job), KEEL_JOB_NO_JOBS | KEEL_JOB_NO_PROCESSES);
    child = new_child(job);
    EXPECT_EQ(signals_of(job), KEEL_JOB_NO_JOBS);
    EXPECT_EQ(keel_task_kill(child.process), 0);
    EXPECT_EQ(keel_object_wait_one(job, KEEL_JOB_NO_PROCESSES, FOREVER, &signals), 0);
    end_child(child);
    EXPECT_EQ(keel_handle_close(job), 0);
}

UTEST(job_depth_is_bounded)
{
    keel_handle_t jobs[64] = {root_job()};
    unsigned depth = 0;
    int err = 0;

    while (depth < 63 && err == 0) {
        err = keel_job_create(jobs[depth], 0, &jobs[depth + 1]);
        depth += err == 0;
    }
    EXPECT_EQ(err, -ERANGE);
    EXPECT(depth >= 16);
    EXPECT_EQ(keel_task_kill(jobs[1]), 0);
    EXPECT_EQ(keel_handle_close_many(&jobs[1], depth), 0);
}

UTEST(job_options_are_none)
{
    keel_handle_t job;

    EXPECT_EQ(keel_job_create(root_job(), 1, &job), -EINVAL);
    EXPECT_EQ(keel_job_create(root_job(), 0, NO_POINTER), -EFAULT);
    EXPECT_EQ(keel_job_create(self(), 0, &job), -ENOTTY);
}

/* --- More of what is refused --- */

UTEST(process_start_needs_rights)
{
    struct child child = new_child(root_job());
    keel_handle_t event = new_event(), fixed = with_rights(event, KEEL_RIGHT_WAIT);
    keel_handle_t thread = with_rights(child.thread, KEEL_RIGHT_WAIT);

    EXPECT_EQ(keel_process_start(child.process, thread, child.entry, 0, 0, 0), -EACCES);
    EXPECT_EQ(keel_process_start(child.process, child.thread, child.entry, 0, fixed, 0), -EACCES);
    EXPECT_EQ(keel_process_start(child.process, child.process, child.entry, 0, 0, 0), -ENOTTY);
    EXPECT_EQ(keel_process_start(child.thread, child.thread, child.entry, 0, 0, 0), -ENOTTY);
    EXPECT_EQ(signals_of(fixed), 0);
    EXPECT_EQ(keel_process_start(child.process, child.thread, child.entry, 0, event, 3), 0);
    wait_for_end(child.process);
    EXPECT_EQ(keel_handle_close(fixed), 0);
    EXPECT_EQ(keel_handle_close(thread), 0);
    end_child(child);
}

UTEST(thread_start_needs_rights)
{
    keel_handle_t thread, bare;

    EXPECT_EQ(keel_thread_create(self(), "t", 1, 0, &thread), 0);
    bare = with_rights(thread, KEEL_RIGHT_WAIT);
    EXPECT_EQ(keel_thread_start(bare, (uint64_t)note_arguments, 0, 0, 0), -EACCES);
    EXPECT_EQ(keel_thread_start(self(), (uint64_t)note_arguments, 0, 0, 0), -ENOTTY);
    EXPECT_EQ(keel_thread_start(BAD_HANDLE, (uint64_t)note_arguments, 0, 0, 0), -EBADF);
    EXPECT_EQ(keel_handle_close(bare), 0);
    EXPECT_EQ(keel_handle_close(thread), 0);
}

UTEST(thread_of_a_dead_process)
{
    struct child child = new_child(root_job());
    keel_handle_t second;

    EXPECT_EQ(keel_thread_create(child.process, "late", 4, 0, &second), 0);
    EXPECT_EQ(keel_process_start(child.process, child.thread, child.entry, 0, 0, 0), 0);
    wait_for_end(child.process);
    EXPECT_EQ(keel_thread_start(second, child.entry, 0, 0, 0), -ECANCELED);
    EXPECT_EQ(keel_thread_start(child.thread, child.entry, 0, 0, 0), -EBUSY);
    EXPECT_EQ(keel_handle_close(second), 0);
    end_child(child);
}

UTEST(thread_needs_the_right_to_manage)
{
    struct child child = new_child(root_job());
    keel_handle_t bare = with_rights(child.process, KEEL_RIGHT_WAIT | KEEL_RIGHT_WRITE), thread;

    EXPECT_EQ(keel_thread_create(bare, "t", 1, 0, &thread), -EACCES);
    EXPECT_EQ(keel_thread_create(root_job(), "t", 1, 0, &thread), -ENOTTY);
    EXPECT_EQ(keel_thread_create(child.process, "t", 1, 0, NO_POINTER), -EFAULT);
    EXPECT_EQ(keel_handle_close(bare), 0);
    end_child(child);
}

/* A second thread in another process, by its handle. */
UTEST(thread_is_started_in_another_process)
{
    struct child child = new_child(root_job());
    keel_info_process_t info = {0};
    keel_handle_t second;

    EXPECT_EQ(keel_process_start(child.process, child.thread, child.spin, 0, 0, 0), 0);
    EXPECT_EQ(keel_thread_create(child.process, "second", 6, 0, &second), 0);
    EXPECT_EQ(keel_thread_start(second, child.entry, 0, 0, 77), 0);
    wait_for_end(child.process);
    EXPECT_EQ(
        keel_object_get_info(child.process, KEEL_INFO_PROCESS, &info, sizeof(info), NULL, NULL), 0);
    EXPECT_EQ(info.return_code, 77);
    wait_for_end(child.thread);
    EXPECT_EQ(keel_handle_close(second), 0);
    end_child(child);
}

UTEST(thread_tells_that_it_runs)
{
    struct child child = new_child(root_job());

    EXPECT_EQ(signals_of(child.thread) & (KEEL_THREAD_RUNNING | KEEL_THREAD_TERMINATED), 0);
    EXPECT_EQ(keel_process_start(child.process, child.thread, child.spin, 0, 0, 0), 0);
    EXPECT_EQ(signals_of(child.thread) & (KEEL_THREAD_RUNNING | KEEL_THREAD_TERMINATED),
              KEEL_THREAD_RUNNING);
    EXPECT_EQ(keel_task_kill(child.process), 0);
    wait_for_end(child.thread);
    EXPECT_EQ(signals_of(child.thread) & (KEEL_THREAD_RUNNING | KEEL_THREAD_TERMINATED),
              KEEL_THREAD_TERMINATED);
    end_child(child);
}

UTEST(process_options_are_none)
{
    keel_handle_t process, vmar;

    EXPECT_EQ(keel_process_create(root_job(), "x", 1, 1, &process, &vmar), -EINVAL);
    EXPECT_EQ(keel_process_create(root_job(), "x", 4097, 0, &process, &vmar), -EINVAL);
    EXPECT_EQ(keel_process_create(root_job(), NO_POINTER, 4, 0, &process, &vmar), -EFAULT);
    EXPECT_EQ(keel_process_create(root_job(), "x", 1, 0, NO_POINTER, &vmar), -EFAULT);
    EXPECT_EQ(keel_process_create(root_job(), "x", 1, 0, &process, NO_POINTER), -EFAULT);
    EXPECT_EQ(keel_process_create(self(), "x", 1, 0, &process, &vmar), -ENOTTY);
    EXPECT_EQ(keel_process_create(root_job(), NULL, 0, 0, &process, &vmar), 0);
    EXPECT_EQ(keel_handle_close(vmar), 0);
    EXPECT_EQ(keel_handle_close(process), 0);
}

UTEST(task_kill_is_of_tasks)
{
    keel_handle_t event = new_event(), job;

    EXPECT_EQ(keel_task_kill(event), -EACCES); /* it has no DESTROY */
    EXPECT_EQ(keel_task_kill(BAD_HANDLE), -EBADF);
    EXPECT_EQ(keel_job_create(root_job(), 0, &job), 0);
    EXPECT_EQ(keel_task_kill(job), 0);
    EXPECT_EQ(keel_task_kill(job), 0);
    EXPECT_EQ(signals_of(job) & KEEL_JOB_TERMINATED, KEEL_JOB_TERMINATED);
    EXPECT_EQ(keel_handle_close(job), 0);
    EXPECT_EQ(keel_handle_close(event), 0);
}

UTEST(job_needs_the_right_to_manage)
{
    keel_handle_t bare = with_rights(root_job(), KEEL_RIGHT_WAIT | KEEL_RIGHT_WRITE), job;

    EXPECT_EQ(keel_job_create(bare, 0, &job), -EACCES);
    EXPECT_EQ(keel_job_create(BAD_HANDLE, 0, &job), -EBADF);
    EXPECT_EQ(keel_handle_close(bare), 0);
}

/* What a process held is closed with it. */
UTEST(process_end_closes_its_handles)
{
    struct child child = new_child(root_job());
    struct ends pair = new_eventpair();
    keel_signals_t signals = 0;

    EXPECT_EQ(keel_process_start(child.process, child.thread, child.spin, 0, pair.other, 0), 0);
    EXPECT_EQ(signals_of(pair.one), 0);
    EXPECT_EQ(keel_task_kill(child.process), 0);
    EXPECT_EQ(keel_object_wait_one(pair.one, KEEL_EVENTPAIR_PEER_CLOSED, FOREVER, &signals), 0);
    EXPECT_EQ(keel_handle_close(pair.one), 0);
    end_child(child);
}
