/* SPDX-License-Identifier: MIT */
/* The calls of channels, as a process makes them: what they move, and that failing leaves all as it was. */
#include "user_stage.h"

#include <keel/channel_object.h>
#include <keel/errno.h>
#include <keel/heap.h>
#include <keel/ktest.h>
#include <keel/string.h>
#include <keel/syscall_numbers.h>
#include <keel/timer.h>
#include <keel/uaccess.h>

#define ROUNDS 200u

/* What lies in the process's memory; two pages, behind which there is nothing. */
struct memory {
    struct keel_channel_call_args args;
    struct keel_channel_buffer buffer;
    keel_handle_t ends[2], event;
    keel_handle_t sent[4], got[4];
    unsigned char out[100], in[100];
};

/* A process with a channel and an event. */
struct ground {
    struct user_stage stage;
    keel_handle_t near, far, event;
};

#define AT(g, member) ((g)->stage.data + offsetof(struct memory, member))
#define NOWHERE(g)    ((g)->stage.data + USER_DATA_PAGES * PAGE_SIZE)

static void put(struct ground *g, virt_addr_t at, const void *bytes, size_t size)
{
    (void)g;
    KTEST_EXPECT(user_copy_out(user_pointer(at), bytes, size) == 0);
}

static void get(struct ground *g, virt_addr_t at, void *bytes, size_t size)
{
    (void)g;
    KTEST_EXPECT(user_copy_in(bytes, user_pointer(at), size) == 0);
}

static keel_handle_t handle_at(struct ground *g, virt_addr_t at)
{
    keel_handle_t handle;

    get(g, at, &handle, sizeof(handle));
    return handle;
}

static bool open_ground(struct ground *g)
{
    if (!user_stage_open(&g->stage)) {
        return false;
    }
    KTEST_EXPECT(CALL(channel_create, 0, AT(g, ends[0]), AT(g, ends[1])) == 0);
    KTEST_EXPECT(CALL(event_create, 0, AT(g, event)) == 0);
    g->near = handle_at(g, AT(g, ends[0]));
    g->far = handle_at(g, AT(g, ends[1]));
    g->event = handle_at(g, AT(g, event));
    return true;
}

/* Messages that wait at an end. */
static uint32_t messages_at(struct ground *g, keel_handle_t end)
{
    struct object *object;
    uint32_t count = UINT32_MAX;

    if (handle_get(process_table(g->stage.process), end, KEEL_OBJ_TYPE_CHANNEL, 0, &object) == 0) {
        count = channel_of(object)->message_count;
        object_put(object);
    }
    return count;
}

/* Sends bytes, and the event with them if told so. */
static int64_t write_bytes(struct ground *g, keel_handle_t end, uint32_t size, bool with_event)
{
    put(g, AT(g, sent), &g->event, sizeof(g->event));
    return CALL(channel_write, end, 0, AT(g, out), size, AT(g, sent), with_event);
}

static int64_t read_into(struct ground *g, keel_handle_t end, uint32_t options, uint32_t bytes,
                         uint32_t handles)
{
    struct keel_channel_buffer buffer = {(void *)AT(g, in), (void *)AT(g, got), bytes, handles};

    put(g, AT(g, buffer), &buffer, sizeof(buffer));
    return CALL(channel_read, end, options, AT(g, buffer));
}

static bool buffer_says(struct ground *g, uint32_t bytes, uint32_t handles)
{
    struct keel_channel_buffer buffer;

    get(g, AT(g, buffer), &buffer, sizeof(buffer));
    return buffer.num_bytes == bytes && buffer.num_handles == handles;
}

KTEST(user_channel_moves_bytes_and_handles)
{
    struct ground g;
    char text[13];
    keel_handle_t moved;

    KTEST_REQUIRE(open_ground(&g));
    put(&g, AT(&g, out), "hello, world", 13);
    KTEST_EXPECT(write_bytes(&g, g.near, 13, true) == 0);
    KTEST_EXPECT(user_stage_handles(&g.stage) == 2 && CALL(handle_close, g.event) == -EBADF);
    KTEST_EXPECT(read_into(&g, g.near, 0, 100, 4) == -EAGAIN);
    KTEST_EXPECT(read_into(&g, g.far, 0, 12, 4) == -ERANGE && buffer_says(&g, 13, 1));
    KTEST_EXPECT(read_into(&g, g.far, 0, 13, 0) == -ERANGE && buffer_says(&g, 13, 1));
    KTEST_EXPECT(read_into(&g, g.far, 0, 13, 1) == 0 && buffer_says(&g, 13, 1));
    get(&g, AT(&g, in), text, sizeof(text));
    KTEST_EXPECT(strcmp(text, "hello, world") == 0);
    moved = handle_at(&g, AT(&g, got));
    KTEST_EXPECT(user_stage_handles(&g.stage) == 3 && CALL(handle_close, moved) == 0);
    KTEST_EXPECT(write_bytes(&g, g.far, 0, false) == 0);
    KTEST_EXPECT(read_into(&g, g.near, 0, 0, 0) == 0 && buffer_says(&g, 0, 0));
    user_stage_close(&g.stage);
}

KTEST(user_channel_keeps_what_it_cannot_send)
{
    struct ground g;

    KTEST_REQUIRE(open_ground(&g));
    KTEST_EXPECT(CALL(channel_create, 1, AT(&g, sent[0]), AT(&g, sent[1])) == -EINVAL);
    KTEST_EXPECT(CALL(channel_write, g.near, 1, AT(&g, out), 1, 0, 0) == -EINVAL);
    KTEST_EXPECT(CALL(channel_write, g.near, 0, AT(&g, out), 65537, 0, 0) == -EINVAL);
    KTEST_EXPECT(CALL(channel_write, g.near, 0, AT(&g, out), 1, AT(&g, sent), 65) == -EINVAL);
    KTEST_EXPECT(CALL(channel_write, g.event, 0, AT(&g, out), 1, 0, 0) == -ENOTTY);
    KTEST_EXPECT(CALL(channel_write, 0, 0, AT(&g, out), 1, 0, 0) == -EBADF);
    put(&g, AT(&g, sent), (keel_handle_t[]){g.event, g.event}, 8);
    KTEST_EXPECT(CALL(channel_write, g.near, 0, AT(&g, out), 1, AT(&g, sent), 2) == -EBADF);
    put(&g, AT(&g, sent), (keel_handle_t[]){g.event, g.near}, 8);
    KTEST_EXPECT(CALL(channel_write, g.near, 0, AT(&g, out), 1, AT(&g, sent), 2) == -ENOTSUP);
    put(&g, AT(&g, sent), (keel_handle_t[]){g.event, g.far}, 8);
    KTEST_EXPECT(CALL(channel_write, g.near, 0, AT(&g, out), 1, AT(&g, sent), 2) == -ENOTSUP);
    KTEST_EXPECT(user_stage_handles(&g.stage) == 3);
    for (unsigned i = 0; i < KEEL_CHANNEL_QUEUE_MESSAGES; i++) {
        KTEST_REQUIRE(write_bytes(&g, g.near, 1, false) == 0);
    }
    KTEST_EXPECT(write_bytes(&g, g.near, 1, false) == -EAGAIN);
    KTEST_EXPECT(write_bytes(&g, g.near, 1, true) == -EAGAIN);
    KTEST_EXPECT(CALL(handle_close, g.far) == 0);
    KTEST_EXPECT(write_bytes(&g, g.near, 1, true) == -EPIPE && user_stage_handles(&g.stage) == 2);
    KTEST_EXPECT(read_into(&g, g.near, 0, 1, 1) == -EPIPE);
    KTEST_EXPECT(CALL(handle_replace, g.event, KEEL_RIGHT_WAIT, AT(&g, event)) == 0);
    g.event = handle_at(&g, AT(&g, event));
    KTEST_EXPECT(write_bytes(&g, g.near, 1, true) == -EACCES && user_stage_handles(&g.stage) == 2);
    user_stage_close(&g.stage);
}

KTEST(user_channel_needs_rights)
{
    struct ground g;

    KTEST_REQUIRE(open_ground(&g));
    KTEST_EXPECT(CALL(handle_replace, g.near, KEEL_RIGHT_READ, AT(&g, ends[0])) == 0);
    KTEST_EXPECT(CALL(handle_replace, g.far, KEEL_RIGHT_WRITE, AT(&g, ends[1])) == 0);
    g.near = handle_at(&g, AT(&g, ends[0]));
    g.far = handle_at(&g, AT(&g, ends[1]));
    KTEST_EXPECT(write_bytes(&g, g.near, 1, false) == -EACCES);
    KTEST_EXPECT(read_into(&g, g.far, 0, 1, 1) == -EACCES);
    KTEST_EXPECT(CALL(channel_call, g.near, 0, 0, AT(&g, args)) == -EACCES);
    KTEST_EXPECT(CALL(channel_call, g.far, 0, 0, AT(&g, args)) == -EACCES);
    KTEST_EXPECT(CALL(channel_reply_wait, g.near, 0, 0, AT(&g, args)) == -EACCES);
    KTEST_EXPECT(CALL(channel_reply_wait, g.far, 0, 0, AT(&g, args)) == -EACCES);
    user_stage_close(&g.stage);
}

/* Bytes that lie across the end of the memory, in the kernel, at the top of what user space has. */
static virt_addr_t bad_pointer(struct ground *g, unsigned which)
{
    virt_addr_t bad[] = {NOWHERE(g) - 1, NOWHERE(g), 8, (virt_addr_t)g, UINT64_MAX};

    return bad[which % ARRAY_SIZE(bad)];
}

#define BAD_POINTERS 5u

KTEST(user_channel_survives_bad_pointers)
{
    struct ground g;

    KTEST_REQUIRE(open_ground(&g));
    for (unsigned i = 0; i < BAD_POINTERS; i++) {
        virt_addr_t bad = bad_pointer(&g, i);
        struct keel_channel_buffer good = {(void *)AT(&g, in), (void *)AT(&g, got), 100, 4};
        struct keel_channel_buffer buffers[2] = {good, good};

        KTEST_EXPECT(CALL(channel_create, 0, AT(&g, sent[0]), bad) == -EFAULT);
        KTEST_EXPECT(CALL(channel_create, 0, bad, AT(&g, sent[0])) == -EFAULT);
        KTEST_EXPECT(CALL(channel_write, g.near, 0, bad, 5, 0, 0) == -EFAULT);
        KTEST_EXPECT(CALL(channel_write, g.near, 0, bad, 500, 0, 0) == -EFAULT);
        KTEST_EXPECT(CALL(channel_write, g.near, 0, AT(&g, out), 5, bad, 1) == -EFAULT);
        KTEST_EXPECT(CALL(channel_call, g.near, 0, 0, bad) == -EFAULT);
        KTEST_EXPECT(CALL(channel_reply_wait, g.near, 0, 0, bad) == -EFAULT);
        KTEST_EXPECT(write_bytes(&g, g.near, 5, true) == 0);
        KTEST_EXPECT(CALL(channel_read, g.far, 0, bad) == -EFAULT);
        buffers[0].bytes = (void *)bad;
        buffers[1].handles = (void *)bad;
        for (unsigned j = 0; j < 2; j++) {
            put(&g, AT(&g, buffer), &buffers[j], sizeof(buffers[j]));
            KTEST_EXPECT(CALL(channel_read, g.far, 0, AT(&g, buffer)) == -EFAULT);
        }
        KTEST_EXPECT(messages_at(&g, g.far) == 1 && user_stage_handles(&g.stage) == 2);
        KTEST_EXPECT(read_into(&g, g.far, 0, 5, 1) == 0);
        g.event = handle_at(&g, AT(&g, got));
    }
    user_stage_close(&g.stage);
}

/* A struct that can be read and not written, in the page of the code: nothing is lost. */
KTEST(user_channel_cannot_tell_into_read_only_memory)
{
    struct ground g;

    KTEST_REQUIRE(open_ground(&g));
    KTEST_EXPECT(write_bytes(&g, g.near, 0, false) == 0);
    KTEST_EXPECT(CALL(channel_read, g.far, 0, g.stage.code) == -EFAULT);
    KTEST_EXPECT(messages_at(&g, g.far) == 1);
    user_stage_close(&g.stage);
}

KTEST(user_channel_read_may_discard)
{
    struct ground g;

    KTEST_REQUIRE(open_ground(&g));
    KTEST_EXPECT(write_bytes(&g, g.near, 50, true) == 0);
    KTEST_EXPECT(read_into(&g, g.far, 2, 1, 1) == -EINVAL);
    KTEST_EXPECT(read_into(&g, g.far, KEEL_CHANNEL_READ_MAY_DISCARD, 1, 1) == -ERANGE);
    KTEST_EXPECT(buffer_says(&g, 50, 1) && messages_at(&g, g.far) == 0);
    user_stage_close(&g.stage);
}

/* --- Calls --- */

static void put_args(struct ground *g, uint32_t out, uint32_t out_handles, uint32_t in,
                     uint32_t in_handles)
{
    struct keel_channel_call_args args = {(void *)AT(g, out),
                                          (void *)AT(g, sent),
                                          (void *)AT(g, in),
                                          (void *)AT(g, got),
                                          out,
                                          out_handles,
                                          in,
                                          in_handles};

    put(g, AT(g, args), &args, sizeof(args));
    put(g, AT(g, sent), &g->event, sizeof(g->event));
}

/* What the call has told. */
static bool args_say(struct ground *g, uint32_t out, uint32_t out_handles, uint32_t in,
                     uint32_t in_handles)
{
    struct keel_channel_call_args args;

    get(g, AT(g, args), &args, sizeof(args));
    return args.wr_num_bytes == out && args.wr_num_handles == out_handles &&
           args.rd_num_bytes == in && args.rd_num_handles == in_handles;
}

KTEST(user_channel_call_that_is_not_sent)
{
    struct ground g;

    KTEST_REQUIRE(open_ground(&g));
    for (unsigned with_event = 0; with_event < 2; with_event++) {
        put_args(&g, 3, with_event, 4, 0);
        KTEST_EXPECT(CALL(channel_call, g.near, 0, 0, AT(&g, args)) == -EINVAL);
        put_args(&g, 65537, with_event, 4, 0);
        KTEST_EXPECT(CALL(channel_call, g.near, 0, 0, AT(&g, args)) == -EINVAL);
        put_args(&g, 8, 65, 4, 0);
        KTEST_EXPECT(CALL(channel_call, g.near, 0, 0, AT(&g, args)) == -EINVAL);
        KTEST_EXPECT(CALL(channel_reply_wait, g.near, 0, 0, AT(&g, args)) == -EINVAL);
        KTEST_EXPECT(args_say(&g, 8, 65, 4, 0));
        KTEST_EXPECT(CALL(channel_call, g.near, 1, 0, AT(&g, args)) == -EINVAL);
    }
    KTEST_EXPECT(CALL(handle_close, g.far) == 0);
    for (unsigned with_event = 0; with_event < 2; with_event++) {
        put_args(&g, 8, with_event, 4, 0);
        KTEST_EXPECT(CALL(channel_call, g.near, 0, INT64_MAX, AT(&g, args)) == -EPIPE);
        KTEST_EXPECT(CALL(channel_reply_wait, g.near, 0, INT64_MAX, AT(&g, args)) == -EPIPE);
        KTEST_EXPECT(args_say(&g, 8, with_event, 4, 0));
    }
    KTEST_EXPECT(user_stage_handles(&g.stage) == 2);
    user_stage_close(&g.stage);
}

/* Once it was sent, to try again would send nothing: the counts are 0. */
KTEST(user_channel_call_that_is_not_answered)
{
    struct ground g;

    KTEST_REQUIRE(open_ground(&g));
    for (unsigned size = 4; size < 90; size += 80) {
        put_args(&g, size, 0, 4, 0);
        KTEST_EXPECT(CALL(channel_call, g.near, 0, 0, AT(&g, args)) == -ETIMEDOUT);
        KTEST_EXPECT(args_say(&g, 0, 0, 4, 0) && messages_at(&g, g.far) == 1);
        KTEST_EXPECT(read_into(&g, g.far, 0, 100, 0) == 0 && buffer_says(&g, size, 0));
    }
    put_args(&g, 4, 1, 4, 0);
    KTEST_EXPECT(CALL(channel_call, g.near, 0, 0, AT(&g, args)) == -ETIMEDOUT);
    KTEST_EXPECT(args_say(&g, 0, 0, 4, 0) && user_stage_handles(&g.stage) == 2);
    put_args(&g, 0, 0, 4, 1);
    KTEST_EXPECT(CALL(channel_reply_wait, g.far, 0, 0, AT(&g, args)) == 0);
    KTEST_EXPECT(args_say(&g, 0, 0, 4, 1) && user_stage_handles(&g.stage) == 3);
    put_args(&g, 90, 0, 4, 1);
    KTEST_EXPECT(CALL(channel_reply_wait, g.far, 0, 0, AT(&g, args)) == -ETIMEDOUT);
    KTEST_EXPECT(args_say(&g, 0, 0, 4, 1) && messages_at(&g, g.near) == 1);
    user_stage_close(&g.stage);
}

KTEST(user_channel_reply_wait_loses_no_request)
{
    struct ground g;

    KTEST_REQUIRE(open_ground(&g));
    for (unsigned size = 10; size < 100; size += 80) {
        struct keel_channel_call_args args;

        KTEST_EXPECT(write_bytes(&g, g.near, size, false) == 0);
        put_args(&g, 4, 0, size - 1, 0);
        KTEST_EXPECT(CALL(channel_reply_wait, g.far, 0, 0, AT(&g, args)) == -ERANGE);
        KTEST_EXPECT(args_say(&g, 0, 0, size, 0) && messages_at(&g, g.near) == 1);
        for (unsigned i = 0; i < BAD_POINTERS; i++) {
            put_args(&g, 0, 0, size, 0);
            get(&g, AT(&g, args), &args, sizeof(args));
            args.rd_bytes = (void *)bad_pointer(&g, i);
            put(&g, AT(&g, args), &args, sizeof(args));
            KTEST_EXPECT(CALL(channel_reply_wait, g.far, 0, 0, AT(&g, args)) == -EFAULT);
            KTEST_EXPECT(messages_at(&g, g.far) == 1);
        }
        KTEST_EXPECT(CALL(channel_reply_wait, g.far, 0, 0, g.stage.code) < 0);
        KTEST_EXPECT(messages_at(&g, g.far) == 1);
        put_args(&g, 0, 0, size, 0);
        KTEST_EXPECT(CALL(channel_reply_wait, g.far, 0, 0, AT(&g, args)) == 0);
        KTEST_EXPECT(read_into(&g, g.near, 0, 4, 0) == 0);
    }
    user_stage_close(&g.stage);
}

/* A server in the kernel: answers each call with `size` bytes, and the handles that came. */
struct server {
    struct channel *channel;
    uint32_t size;
};

static int serve(void *arg)
{
    struct server *server = arg;
    struct message *request, *reply = NULL;
    bool sent;

    for (;;) {
        struct channel_room room = {100, 4};

        if (channel_reply_wait(server->channel, reply, TIMER_NEVER, 0, &sent, &room, &request) !=
                0 ||
            message_create(server->size, request->handle_count, &reply) != 0) {
            return 0;
        }
        memset(message_data(reply), 0x5a, server->size);
        memcpy(message_data(reply), message_data(request), sizeof(keel_txid_t));
        memcpy(reply->handles, request->handles,
               request->handle_count * sizeof(request->handles[0]));
        message_free(request);
    }
}

/* One that says everything back, in the short way where it can. */
static int say_back(void *arg)
{
    struct server *server = arg;
    struct ipc_buffer buffer;
    int err;

    buffer.message = NULL;
    buffer.size = 0;
    do {
        buffer.room = (struct channel_room){100, 4};
        err = channel_reply_wait_buffer(server->channel, &buffer, TIMER_NEVER, 0);
    } while (err == 0);
    return 0;
}

static struct thread *start_server(struct ground *g, struct server *server, thread_entry_t *entry,
                                   uint32_t size)
{
    struct thread *thread = NULL;
    struct object *object;

    KTEST_EXPECT(handle_get(process_table(g->stage.process), g->far, KEEL_OBJ_TYPE_CHANNEL, 0,
                            &object) == 0);
    *server = (struct server){channel_of(object), size};
    KTEST_EXPECT(thread_run(&thread, "server", entry, server, NULL) == 0);
    return thread;
}

static void end_server(struct ground *g, struct server *server, struct thread *thread)
{
    KTEST_EXPECT(CALL(handle_close, g->near) == 0 && CALL(handle_close, g->far) == 0);
    KTEST_EXPECT(thread_join(thread, NULL, TIMER_NEVER) == 0);
    object_put(&server->channel->paired.object);
}

static void try_replies(uint32_t size)
{
    struct keel_channel_call_args args;
    struct server server;
    struct thread *thread;
    struct ground g;

    KTEST_REQUIRE(open_ground(&g));
    thread = start_server(&g, &server, serve, size);
    put_args(&g, 10, 0, 100, 0);
    KTEST_EXPECT(CALL(channel_call, g.near, 0, INT64_MAX, AT(&g, args)) == 0);
    KTEST_EXPECT(args_say(&g, 10, 0, size, 0));
    put_args(&g, 10, 1, 100, 1);
    KTEST_EXPECT(CALL(channel_call, g.near, 0, INT64_MAX, AT(&g, args)) == 0);
    KTEST_EXPECT(args_say(&g, 10, 1, size, 1) && user_stage_handles(&g.stage) == 3);
    g.event = handle_at(&g, AT(&g, got));
    put_args(&g, 10, 0, size - 1, 0);
    KTEST_EXPECT(CALL(channel_call, g.near, 0, INT64_MAX, AT(&g, args)) == -ERANGE);
    KTEST_EXPECT(args_say(&g, 0, 0, size, 0));
    KTEST_EXPECT(read_into(&g, g.near, 0, 100, 1) == 0 && buffer_says(&g, size, 0));
    put_args(&g, 10, 1, 100, 0);
    KTEST_EXPECT(CALL(channel_call, g.near, 0, INT64_MAX, AT(&g, args)) == -ERANGE);
    KTEST_EXPECT(args_say(&g, 0, 0, size, 1) && user_stage_handles(&g.stage) == 2);
    KTEST_EXPECT(read_into(&g, g.near, 0, 100, 1) == 0 && buffer_says(&g, size, 1));
    for (unsigned i = 0; i < BAD_POINTERS; i++) {
        put_args(&g, 10, 0, 100, 0);
        get(&g, AT(&g, args), &args, sizeof(args));
        args.rd_bytes = (void *)bad_pointer(&g, i);
        put(&g, AT(&g, args), &args, sizeof(args));
        KTEST_EXPECT(CALL(channel_call, g.near, 0, INT64_MAX, AT(&g, args)) == -EFAULT);
        KTEST_EXPECT(read_into(&g, g.near, 0, 100, 1) == 0 && buffer_says(&g, size, 0));
    }
    end_server(&g, &server, thread);
    user_stage_close(&g.stage);
}

KTEST(user_channel_calls_are_answered)
{
    try_replies(20);
    try_replies(90);
}

/* Calls with a message of that size, from and to addresses so many bytes off. */
static bool is_said_back(struct ground *g, uint32_t size, uint32_t room, unsigned off)
{
    unsigned char out[72], in[72];
    struct keel_channel_call_args args;

    for (unsigned i = 0; i < sizeof(out); i++) {
        out[i] = (unsigned char)(size + i);
    }
    memset(in, 0, sizeof(in));
    put(g, AT(g, out), out, sizeof(out));
    put(g, AT(g, in), in, sizeof(in));
    put_args(g, size, 0, room, 0);
    get(g, AT(g, args), &args, sizeof(args));
    args.wr_bytes = (const char *)args.wr_bytes + off;
    args.rd_bytes = (char *)args.rd_bytes + off;
    put(g, AT(g, args), &args, sizeof(args));
    if (CALL(channel_call, g->near, 0, INT64_MAX, AT(g, args)) != 0) {
        return false;
    }
    get(g, AT(g, in), in, sizeof(in));
    return args_say(g, size, 0, size, 0) && in[off + size] == 0 &&
           memcmp(in + off + sizeof(keel_txid_t), out + off + sizeof(keel_txid_t),
                  size - sizeof(keel_txid_t)) == 0;
}

/* What is refused though somebody waits for it reaches nobody. */
static void try_refused_calls(struct ground *g)
{
    struct keel_channel_call_args args;
    struct object *object;
    keel_handle_t weak;

    put_args(g, 8, 0, 8, 0);
    KTEST_EXPECT(CALL(channel_call, g->near, 1, INT64_MAX, AT(g, args)) == -EINVAL);
    KTEST_EXPECT(CALL(channel_call, 0, 0, INT64_MAX, AT(g, args)) == -EBADF);
    KTEST_EXPECT(CALL(channel_call, g->event, 0, INT64_MAX, AT(g, args)) == -ENOTTY);
    KTEST_EXPECT(handle_get(process_table(g->stage.process), g->near, KEEL_OBJ_TYPE_CHANNEL, 0,
                            &object) == 0);
    object_open(object);
    weak = user_stage_enter(&g->stage, object, KEEL_RIGHT_READ);
    object_put(object);
    KTEST_EXPECT(CALL(channel_call, weak, 0, INT64_MAX, AT(g, args)) == -EACCES);
    KTEST_EXPECT(CALL(handle_close, weak) == 0);
    KTEST_EXPECT(CALL(channel_call, g->near, 0, INT64_MAX, NOWHERE(g)) == -EFAULT);
    for (unsigned i = 0; i < BAD_POINTERS; i++) {
        put_args(g, 8, 0, 8, 0);
        get(g, AT(g, args), &args, sizeof(args));
        args.wr_bytes = (void *)bad_pointer(g, i);
        put(g, AT(g, args), &args, sizeof(args));
        KTEST_EXPECT(CALL(channel_call, g->near, 0, INT64_MAX, AT(g, args)) == -EFAULT);
    }
    put_args(g, 3, 0, 8, 0);
    KTEST_EXPECT(CALL(channel_call, g->near, 0, INT64_MAX, AT(g, args)) == -EINVAL);
}

KTEST(user_channel_short_way_is_no_other)
{
    struct server server;
    struct thread *thread;
    struct ground g;

    KTEST_REQUIRE(open_ground(&g));
    thread = start_server(&g, &server, say_back, 0);
    for (uint32_t size = 4; size <= 64; size++) {
        for (unsigned off = 0; off < 8; off += 1 + size % 3) {
            KTEST_EXPECT(is_said_back(&g, size, size, off));
            KTEST_EXPECT(is_said_back(&g, size, 100, off));
        }
    }
    try_refused_calls(&g);
    KTEST_EXPECT(messages_at(&g, g.far) == 0 && !list_is_empty(&server.channel->readers));
    end_server(&g, &server, thread);
    user_stage_close(&g.stage);
}

/* --- Two processes --- */

#define STEPS 3u

static void fill_args(struct user_stage *stage, uint32_t out, uint32_t in)
{
    struct keel_channel_call_args args = {.wr_bytes = (void *)(USER_BUFFER(stage) + 128),
                                          .rd_bytes = (void *)(USER_BUFFER(stage) + 256),
                                          .wr_num_bytes = out,
                                          .rd_num_bytes = in};

    user_stage_put(stage, 0, &args, sizeof(args));
}

/* The server answers with what came in: its two buffers are one. */
static void fill_server_args(struct user_stage *stage, uint32_t size)
{
    struct keel_channel_call_args args = {.wr_bytes = (void *)(USER_BUFFER(stage) + 128),
                                          .rd_bytes = (void *)(USER_BUFFER(stage) + 128),
                                          .wr_num_bytes = size,
                                          .rd_num_bytes = size};

    user_stage_put(stage, 0, &args, sizeof(args));
    args.wr_num_bytes = 0;
    user_stage_put(stage, 64, &args, sizeof(args));
}

static void play_ping_pong(uint32_t size)
{
    struct user_stage client, server;
    struct user_step ask[2] = {{.number = KEEL_SYS_channel_call, .argument = {0, 0, INT64_MAX}},
                               {USER_END, {ROUNDS}, 0}};
    struct user_step answer[3] = {
        {.number = KEEL_SYS_channel_reply_wait, .argument = {0, 0, INT64_MAX}},
        {.number = KEEL_SYS_channel_reply_wait, .argument = {0, 0, INT64_MAX}},
        {USER_END, {ROUNDS, sizeof(struct user_step)}, 0}};
    struct process_end end = {.reason = PROCESS_RUNS};
    struct object *one, *other;
    char text[9] = "";

    KTEST_REQUIRE(channel_create(&one, &other) == 0);
    KTEST_REQUIRE(user_stage_make(&client, 0) && user_stage_make(&server, 0));
    ask[0].argument[0] = user_stage_enter(&client, one, KEEL_DEFAULT_CHANNEL_RIGHTS);
    ask[0].argument[3] = USER_BUFFER(&client);
    answer[0].argument[0] = answer[1].argument[0] =
        user_stage_enter(&server, other, KEEL_DEFAULT_CHANNEL_RIGHTS);
    answer[0].argument[3] = USER_BUFFER(&server) + 64;
    answer[1].argument[3] = USER_BUFFER(&server);
    fill_args(&client, size, size);
    fill_server_args(&server, size);
    user_stage_put(&client, 128, "....calling", 12);
    if (user_stage_start_script(&server, answer, 3)) {
        KTEST_EXPECT(user_stage_play(&client, ask, 2) && ask[0].result == 0);
        KTEST_EXPECT(user_stage_wait(&server, &end) && end.reason == PROCESS_EXITED);
    }
    user_stage_read_script(&server, answer, 3);
    KTEST_EXPECT(answer[0].result == 0 && answer[1].result == -EPIPE);
    user_stage_get(&client, 256 + sizeof(keel_txid_t), text, 8);
    KTEST_EXPECT(strcmp(text, "calling") == 0);
    user_stage_free(&client);
    user_stage_free(&server);
}

KTEST(user_channel_between_processes)
{
    uint64_t before = object_count();

    play_ping_pong(16);
    play_ping_pong(100);
    KTEST_EXPECT(object_count() == before);
}

/* --- No memory --- */

static int64_t try_create(struct ground *g)
{
    return CALL(channel_create, 0, AT(g, sent[0]), AT(g, sent[1]));
}

static int64_t try_small_write(struct ground *g)
{
    return write_bytes(g, g->near, 8, false);
}

static int64_t try_write(struct ground *g)
{
    return write_bytes(g, g->near, 90, true);
}

static int64_t try_call(struct ground *g)
{
    put_args(g, 90, 1, 4, 0);
    return CALL(channel_call, g->near, 0, 0, AT(g, args));
}

static int64_t try_reply(struct ground *g)
{
    put_args(g, 8, 0, 4, 0);
    return CALL(channel_reply_wait, g->near, 0, 0, AT(g, args));
}

static int64_t (*const attempts[])(struct ground *g) = {try_create, try_small_write, try_write,
                                                        try_call, try_reply};

KTEST(user_channel_survives_every_failure)
{
    for (unsigned i = 0; IS_ENABLED(CONFIG_FAULT_INJECT) && i < ARRAY_SIZE(attempts); i++) {
        int64_t result = -ENOMEM;
        unsigned nth = 0;

        while (result == -ENOMEM && nth < 20) {
            struct ground g;

            KTEST_REQUIRE(open_ground(&g));
            alloc_fail_nth(++nth);
            result = attempts[i](&g);
            alloc_fail_nth(0);
            if (result == -ENOMEM) {
                KTEST_EXPECT(user_stage_handles(&g.stage) == 3 && messages_at(&g, g.far) == 0);
            }
            user_stage_close(&g.stage);
        }
        KTEST_EXPECT(nth > 1 && (result == 0 || result == -ETIMEDOUT));
    }
}
