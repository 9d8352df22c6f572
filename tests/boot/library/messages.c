/* SPDX-License-Identifier: MIT */
/* Messages, calls, and the event loop. */
#include "steps.h"

#include <keel/call.h>
#include <keel/errno.h>
#include <keel/loop.h>
#include <keel/signals.h>
#include <keel/syscalls.h>
#include <keel/threads.h>
#include <string.h>

#define MS   1000000ll
#define LONG (60 * 1000 * MS)

bool receiving_ends_in_time(void)
{
    keel_handle_t ends[2];
    char bytes[8];
    keel_answer_t answer = {.bytes = bytes, .size = sizeof(bytes)};
    int64_t deadline = keel_clock_get_monotonic() + 5 * MS;

    NEED(keel_channel_create(0, &ends[0], &ends[1]) == 0);
    NEED(keel_receive(ends[0], &answer, deadline) == -ETIMEDOUT);
    NEED(keel_clock_get_monotonic() >= deadline);
    NEED(keel_channel_write(ends[1], 0, "abc", 3, NULL, 0) == 0);
    NEED(keel_receive(ends[0], &answer, deadline) == 0);
    NEED(answer.size == 3 && memcmp(bytes, "abc", 3) == 0);
    NEED(keel_handle_close(ends[1]) == 0);
    NEED(keel_receive(ends[0], &answer, KEEL_TIME_INFINITE) == -EPIPE);
    NEED(keel_handle_close(ends[0]) == 0);
    return true;
}

bool messages_are_taken_apart(void)
{
    keel_handle_t ends[2], event, handles[2];
    char bytes[64], small[4];
    keel_answer_t answer = {.bytes = bytes, .size = 64, .handles = handles, .handle_count = 2};
    keel_builder_t builder;
    keel_reader_t reader;

    NEED(keel_channel_create(0, &ends[0], &ends[1]) == 0);
    NEED(keel_event_create(0, &event) == 0);
    keel_builder_begin(&builder, bytes, sizeof(bytes), 4);
    keel_builder_add_u32(&builder, 7);
    keel_builder_add_text(&builder, "text");
    keel_builder_add_u64(&builder, UINT64_MAX - 1);
    keel_builder_add_handle(&builder, event);
    NEED(keel_builder_write(&builder, ends[0]) == 0);
    NEED(keel_receive(ends[1], &answer, KEEL_TIME_INFINITE) == 0);
    keel_reader_begin(&reader, bytes, answer.size, handles, answer.handle_count);
    NEED(keel_reader_take_u32(&reader) == 0 && keel_reader_take_u32(&reader) == 7);
    NEED(strcmp(keel_reader_take_text(&reader), "text") == 0);
    NEED(keel_reader_take_u64(&reader) == UINT64_MAX - 1);
    NEED(reader.left == 0 && reader.handles_left == 1);
    NEED(keel_handle_close(keel_reader_take_handle(&reader)) == 0);
    NEED(keel_reader_end(&reader) == 0);
    NEED(keel_reader_take_u64(&reader) == 0 && keel_reader_end(&reader) == -EPROTO);
    keel_builder_begin(&builder, small, sizeof(small), 0);
    keel_builder_add_u64(&builder, 1);
    NEED(keel_builder_write(&builder, ends[0]) == -ENOSPC);
    NEED(keel_handle_close_many(ends, 2) == 0);
    return true;
}

/* Answers with what it was sent, one more each, until nobody asks any more. */
static int serve(void *channel)
{
    uint32_t words[2];
    keel_answer_t request;

    for (;;) {
        request = (keel_answer_t){.bytes = words, .size = sizeof(words)};
        if (keel_receive(*(keel_handle_t *)channel, &request, KEEL_TIME_INFINITE) != 0) {
            return 0;
        }
        words[1]++;
        if (words[1] != 1000 &&
            keel_channel_write(*(keel_handle_t *)channel, 0, words, sizeof(words), NULL, 0) != 0) {
            return 1;
        }
    }
}

static int ask(keel_handle_t channel, uint32_t number, uint32_t *out, int64_t patience)
{
    uint32_t words[2], came[2] = {0, 0};
    keel_answer_t answer = {.bytes = came, .size = sizeof(came)};
    keel_builder_t builder;
    int err;

    keel_builder_begin(&builder, words, sizeof(words), sizeof(keel_txid_t));
    keel_builder_add_u32(&builder, number);
    err = keel_call(channel, &builder, &answer, patience);
    *out = came[1];
    return err;
}

bool calls_are_answered(void)
{
    keel_handle_t ends[2];
    keel_thread_t *server;
    uint32_t answer;
    int result;

    NEED(keel_channel_create(0, &ends[0], &ends[1]) == 0);
    NEED(keel_thread_run(&server, "server", serve, &ends[1], 0) == 0);
    for (uint32_t i = 0; i < 100; i++) {
        NEED(ask(ends[0], i, &answer, LONG) == 0 && answer == i + 1);
    }
    NEED(ask(ends[0], 999, &answer, 5 * MS) == -ETIMEDOUT);
    NEED(ask(ends[0], 5, &answer, LONG) == 0 && answer == 6);
    NEED(keel_handle_close(ends[0]) == 0);
    NEED(keel_thread_join(server, &result) == 0 && result == 0);
    NEED(keel_handle_close(ends[1]) == 0);
    return true;
}

/* The loop's: what was told, in its order; four things in all. */
static keel_loop_t loop;
static char told[32];

static void tell(char letter)
{
    size_t length = strlen(told);

    if (length + 1 < sizeof(told)) {
        told[length] = letter;
        told[length + 1] = '\0';
    }
    if (length + 1 == 4) {
        keel_loop_quit(&loop);
    }
}

static void first_alarm(keel_alarm_t *alarm)
{
    tell('1');
}

static void last_alarm(keel_alarm_t *alarm)
{
    tell('2');
}

static void event_is_set(keel_watch_t *watch, keel_signals_t observed)
{
    tell((observed & KEEL_EVENT_SIGNALED) != 0 ? 'e' : '?');
}

static void job_runs(keel_job_t *job)
{
    tell('j');
}

bool loop_tells_of_all(void)
{
    int64_t now = keel_clock_get_monotonic();
    keel_alarm_t early = {.deadline = now + 10 * MS, .fire = first_alarm};
    keel_alarm_t late = {.deadline = now + 20 * MS, .fire = last_alarm};
    keel_alarm_t never = {.deadline = now + 15 * MS, .fire = first_alarm};
    keel_watch_t watch = {.signals = KEEL_EVENT_SIGNALED, .ready = event_is_set};
    keel_watch_t other = watch;
    keel_job_t job = {.run = job_runs};

    told[0] = '\0';
    NEED(keel_loop_create(&loop) == 0);
    NEED(keel_event_create(0, &watch.handle) == 0);
    other.handle = watch.handle;
    keel_loop_set(&loop, &late);
    keel_loop_set(&loop, &never);
    keel_loop_set(&loop, &early);
    keel_loop_clear(&loop, &never);
    NEED(keel_loop_post(&loop, &job) == 0);
    NEED(keel_loop_watch(&loop, &watch) == 0);
    NEED(keel_loop_watch(&loop, &other) == 0);
    NEED(keel_object_signal(watch.handle, 0, KEEL_EVENT_SIGNALED) == 0);
    keel_loop_unwatch(&other);
    NEED(keel_loop_run(&loop) == 0);
    NEED(strlen(told) == 4 && strchr(told, 'j') && strchr(told, 'e'));
    NEED(strchr(told, '1') < strchr(told, '2'));
    NEED(keel_loop_run_until(&loop, now) == -ETIMEDOUT);
    keel_loop_destroy(&loop);
    NEED(keel_handle_close(watch.handle) == 0);
    return true;
}
