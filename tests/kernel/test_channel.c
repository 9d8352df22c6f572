/* SPDX-License-Identifier: MIT */
/* Channels between threads and CPUs: calls, servers, and chains of channels in channels. */
#include <keel/channel_object.h>
#include <keel/errno.h>
#include <keel/heap.h>
#include <keel/ktest.h>
#include <keel/param.h>
#include <keel/pmm.h>
#include <keel/smp.h>
#include <keel/string.h>
#include <keel/thread.h>
#include <keel/timer.h>

#define NEVER   TIMER_NEVER
#define CLIENTS 3u
#define CALLS   60u

static int64_t depth = 3000;

KPARAM(channeldepth, PARAM_INT, depth, 1, 100000000, "channels in one another, in tests");

static unsigned failures;

static void must(bool holds)
{
    __atomic_add_fetch(&failures, !holds, __ATOMIC_RELAXED);
}

/* Answers n with n + 1, until the other end is closed. */
static int serve(void *arg)
{
    struct channel *channel = arg;
    struct message *message = NULL;
    int served = 0, err;

    for (;;) {
        struct channel_room room = {KEEL_CHANNEL_MAX_MSG_BYTES, 0};
        uint64_t words[2];
        bool sent;

        err = channel_reply_wait(channel, message, NEVER, 0, &sent, &room, &message);
        if (err != 0) {
            must(err == -EPIPE && sent);
            return served;
        }
        memcpy(words, message_data(message), sizeof(words));
        words[1]++;
        memcpy(message_data(message), words, sizeof(words));
        served++;
    }
}

static int call_often(void *arg)
{
    struct channel *channel = arg;

    for (uint64_t i = 0; i < CALLS; i++) {
        uint64_t words[2] = {0, i * 1000};
        struct message *message, *reply;
        bool sent;

        if (message_create(16 + (uint32_t)i * 100, 0, &message) != 0) {
            must(false);
            return -1;
        }
        memcpy(message_data(message), words, sizeof(words));
        if (channel_call(channel, message, NEVER, 0, &sent, &reply) != 0) {
            must(false);
            return -1;
        }
        memcpy(words, message_data(reply), sizeof(words));
        must(words[1] == i * 1000 + 1 && reply->size == 16 + (uint32_t)i * 100);
        message_free(reply);
    }
    return 0;
}

KTEST(channel_calls_are_answered)
{
    struct thread *server, *clients[CLIENTS];
    struct object *near, *far;
    int served = 0;

    failures = 0;
    KTEST_REQUIRE(channel_create(&near, &far) == 0);
    KTEST_REQUIRE(thread_run(&server, "server", serve, channel_of(far), NULL) == 0);
    for (unsigned i = 0; i < CLIENTS; i++) {
        KTEST_REQUIRE(thread_run(&clients[i], "client", call_often, channel_of(near), NULL) == 0);
    }
    for (unsigned i = 0; i < CLIENTS; i++) {
        KTEST_EXPECT(thread_join(clients[i], NULL, NEVER) == 0);
    }
    object_close(near);
    KTEST_EXPECT(thread_join(server, &served, NEVER) == 0);
    KTEST_EXPECT(served == CLIENTS * CALLS && failures == 0);
    object_close(far);
}

/* The queue that a message is in tells who waits; the writer runs elsewhere. */
static int write_words(void *arg)
{
    for (uint32_t i = 0; i < CALLS; i++) {
        struct message *message;

        if (message_create(sizeof(i), 0, &message) != 0) {
            must(false);
            return -1;
        }
        memcpy(message_data(message), &i, sizeof(i));
        must(channel_write(arg, message) == 0);
        if (i % 8 == 0) {
            thread_yield();
        }
    }
    return 0;
}

KTEST(channel_readers_get_messages_in_order)
{
    struct object *near, *far;
    struct thread *writer;
    bool sent;

    failures = 0;
    KTEST_REQUIRE(channel_create(&near, &far) == 0);
    KTEST_REQUIRE(thread_run(&writer, "writer", write_words, channel_of(near), NULL) == 0);
    for (uint32_t i = 0; i < CALLS; i++) {
        struct channel_room room = {4, 0};
        struct message *message;
        uint32_t word;

        KTEST_REQUIRE(channel_reply_wait(channel_of(far), NULL, NEVER, 0, &sent, &room, &message) ==
                      0);
        memcpy(&word, message_data(message), sizeof(word));
        KTEST_EXPECT(word == i);
        message_free(message);
    }
    KTEST_EXPECT(thread_join(writer, NULL, NEVER) == 0);
    KTEST_EXPECT(failures == 0);
    object_close(near);
    object_close(far);
}

/* Puts `held` into the queue of a new end, which is all that is left of its channel. */
static struct object *wrap(struct object *held)
{
    struct object *near, *far;
    struct message *message;

    if (channel_create(&near, &far) != 0) {
        return NULL;
    }
    if (message_create(0, 1, &message) != 0) {
        object_close(near);
        object_close(far);
        return NULL;
    }
    message->handles[0] = (struct loose_handle){held, held->ops->rights};
    must(channel_write(channel_of(far), message) == 0);
    object_close(far);
    return near;
}

/* As deep as a quarter of the memory allows, on a stack of the kernel. */
KTEST(channel_chains_end_without_recursion)
{
    uint64_t objects = object_count();
    struct pmm_stats pages;
    struct heap_stats before, after;
    struct object *held, *far;
    int64_t deep;

    pmm_get_stats(&pages);
    deep = MIN((int64_t)pages.free, depth);
    failures = 0;
    heap_get_stats(&before);
    KTEST_REQUIRE(channel_create(&held, &far) == 0);
    object_close(far);
    for (int64_t i = 0; i < deep; i++) {
        struct object *outer = wrap(held);

        if (outer == NULL) {
            console_printf("only %lld deep\n", (long long)i);
            break;
        }
        held = outer;
    }
    object_close(held);
    heap_get_stats(&after);
    KTEST_EXPECT(object_count() == objects && failures == 0);
    KTEST_EXPECT(after.blocks_used == before.blocks_used);
    heap_trim();
}
