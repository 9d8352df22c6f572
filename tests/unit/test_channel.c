/* SPDX-License-Identifier: MIT */
/* Channels: order, bounds, handles on their way, calls, and all the ways in which they end; at random
 * against a model of two queues. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "fake_heap.h"
#include "fake_object.h"
#include "fake_threads.h"

#include <keel/channel_object.h>
#include <keel/clock.h>
#include <keel/errno.h>
#include <keel/event_object.h>
#include <keel/object_wait.h>
#include <keel/timer.h>

#define DEPTH 100000

static struct thread self;
static struct channel *one, *other;

static int begin(void **state)
{
    struct object *a, *b;

    fake_threads_init(&self);
    if (channel_create(&a, &b) != 0) {
        return -1;
    }
    one = channel_of(a);
    other = channel_of(b);
    return 0;
}

static void close_end(struct channel **end)
{
    if (*end) {
        object_close(&(*end)->paired.object);
        *end = NULL;
    }
}

static int end(void **state)
{
    close_end(&one);
    close_end(&other);
    return fake_heap_blocks() == 0 ? 0 : -1;
}

static keel_signals_t signals(const struct channel *end)
{
    return object_signals(&end->paired.object);
}

static struct message *message_of(const void *data, uint32_t size)
{
    struct message *message;

    assert_int_equal(message_create(size, 0, &message), 0);
    memcpy(message_data(message), data, size);
    return message;
}

static struct message *word(uint32_t value)
{
    return message_of(&value, sizeof(value));
}

static struct message *carrying(struct object *object)
{
    struct message *message;

    assert_int_equal(message_create(0, 1, &message), 0);
    message->handles[0] = (struct loose_handle){object, object->ops->rights};
    return message;
}

static struct object *new_event(void)
{
    struct object *event;

    assert_int_equal(event_object_create(&event), 0);
    return event;
}

static int read_word(struct channel *end, uint32_t *value)
{
    struct channel_room room = {sizeof(*value), 0};
    struct message *message;
    int err = channel_read(end, &room, false, &message);

    if (err == 0) {
        assert_int_equal(message->size, sizeof(*value));
        memcpy(value, message_data(message), sizeof(*value));
        message_free(message);
    }
    return err;
}

static void messages_come_in_order(void **state)
{
    struct channel_room room = {64, 64};
    struct message *message;
    uint32_t value;

    assert_int_equal(signals(one), KEEL_CHANNEL_WRITABLE);
    assert_int_equal(channel_read(other, &room, false, &message), -EAGAIN);
    for (uint32_t i = 0; i < 10; i++) {
        assert_int_equal(channel_write(one, word(i)), 0);
    }
    assert_int_equal(signals(other), KEEL_CHANNEL_WRITABLE | KEEL_CHANNEL_READABLE);
    assert_int_equal(signals(one), KEEL_CHANNEL_WRITABLE);
    for (uint32_t i = 0; i < 10; i++) {
        assert_int_equal(read_word(other, &value), 0);
        assert_int_equal(value, i);
    }
    assert_int_equal(signals(other), KEEL_CHANNEL_WRITABLE);
    assert_int_equal(read_word(other, &value), -EAGAIN);
    assert_int_equal(read_word(one, &value), -EAGAIN);
}

static void sizes_have_limits(void **state)
{
    struct channel_room room = {7, 0};
    struct message *message;
    uint32_t value;

    assert_int_equal(message_create(KEEL_CHANNEL_MAX_MSG_BYTES + 1, 0, &message), -E2BIG);
    assert_int_equal(message_create(0, KEEL_CHANNEL_MAX_MSG_HANDLES + 1, &message), -E2BIG);
    assert_int_equal(
        message_create(KEEL_CHANNEL_MAX_MSG_BYTES, KEEL_CHANNEL_MAX_MSG_HANDLES, &message), 0);
    message_free(message);
    fake_heap_fail_nth(1);
    assert_int_equal(message_create(8, 0, &message), -ENOMEM);
    assert_int_equal(channel_write(one, message_of("12345678", 8)), 0);
    assert_int_equal(channel_write(one, carrying(new_event())), 0);
    assert_int_equal(channel_write(one, word(3)), 0);
    assert_int_equal(channel_read(other, &room, false, &message), -ERANGE);
    assert_int_equal(room.bytes, 8);
    assert_int_equal(channel_read(other, &room, false, &message), 0); /* it was still there */
    channel_unread(other, message);
    assert_int_equal(signals(other) & KEEL_CHANNEL_READABLE, KEEL_CHANNEL_READABLE);
    assert_int_equal(channel_read(other, &room, false, &message), 0);
    assert_memory_equal(message_data(message), "12345678", 8);
    message_free(message);
    room = (struct channel_room){100, 0};
    assert_int_equal(channel_read(other, &room, true, &message), -ERANGE);
    assert_int_equal(room.handles, 1);
    assert_int_equal(read_word(other, &value), 0); /* that one is gone */
    assert_int_equal(value, 3);
}

static void a_full_queue_pushes_back(void **state)
{
    static const char big[KEEL_CHANNEL_MAX_MSG_BYTES];
    struct channel_room room = {sizeof(big), 0};
    struct message *message;
    uint32_t value;

    for (uint32_t i = 0; i < KEEL_CHANNEL_QUEUE_MESSAGES; i++) {
        assert_true((signals(one) & KEEL_CHANNEL_WRITABLE) != 0);
        assert_int_equal(channel_write(one, word(i)), 0);
    }
    assert_int_equal(signals(one), 0);
    message = word(0);
    assert_int_equal(channel_write(one, message), -EAGAIN);
    assert_int_equal(read_word(other, &value), 0);
    assert_int_equal(signals(one), KEEL_CHANNEL_WRITABLE);
    assert_int_equal(channel_write(one, message), 0);
    while (read_word(other, &value) == 0) {
    }
    for (uint32_t i = 0; i < KEEL_CHANNEL_QUEUE_BYTES / sizeof(big); i++) {
        assert_int_equal(channel_write(one, message_of(big, sizeof(big))), 0);
    }
    assert_int_equal(signals(one), 0);
    assert_int_equal(channel_read(other, &room, false, &message), 0);
    assert_int_equal(signals(one), KEEL_CHANNEL_WRITABLE);
    channel_unread(other, message);
    assert_int_equal(signals(one), 0);
    assert_int_equal(signals(other), KEEL_CHANNEL_READABLE | KEEL_CHANNEL_WRITABLE);
}

static void closing_tells_the_peer(void **state)
{
    struct message *message = word(2);
    uint32_t value;

    assert_int_equal(channel_write(one, word(1)), 0);
    close_end(&one);
    assert_int_equal(signals(other), KEEL_CHANNEL_READABLE | KEEL_CHANNEL_PEER_CLOSED);
    assert_int_equal(channel_write(other, message), -EPIPE);
    message_free(message);
    assert_int_equal(read_word(other, &value), 0); /* what was sent arrives */
    assert_int_equal(read_word(other, &value), -EPIPE);
    assert_int_equal(signals(other), KEEL_CHANNEL_PEER_CLOSED);
}

static void unread_handles_are_closed(void **state)
{
    struct object *event = new_event(), *a, *b;
    struct message *message;

    object_get(event);
    assert_int_equal(channel_create(&a, &b), 0);
    assert_int_equal(channel_write(one, carrying(event)), 0);
    assert_int_equal(channel_write(one, carrying(a)), 0);
    assert_int_equal(refcount_read(&event->handles), 1);
    close_end(&other);
    assert_int_equal(refcount_read(&event->handles), 0);
    assert_int_equal(object_signals(b), KEEL_CHANNEL_PEER_CLOSED);
    object_put(event);
    object_close(b);
    /* No end goes through its own channel. */
    assert_int_equal(channel_create(&a, &b), 0);
    message = carrying(a);
    assert_int_equal(channel_write(channel_of(a), message), -ENOTSUP);
    assert_int_equal(channel_write(channel_of(b), message), -ENOTSUP);
    message_free(message);
    object_close(a);
    object_close(b);
}

/* Each channel holds the one before it, 100,000 deep: it goes without recursion. */
static void deep_nesting_ends_flat(void **state)
{
    struct object *held, *a, *b;

    assert_int_equal(channel_create(&held, &a), 0);
    object_close(a);
    for (unsigned i = 0; i < DEPTH; i++) {
        assert_int_equal(channel_create(&a, &b), 0);
        assert_int_equal(channel_write(channel_of(b), carrying(held)), 0);
        object_close(b);
        held = a;
    }
    assert_true(fake_heap_blocks() > 2 * DEPTH);
    object_close(held);
    assert_int_equal(fake_heap_blocks(), 1); /* that of the test */
}

/* --- Calls --- */

struct client {
    struct channel *channel;
    uint32_t question;
    uint64_t deadline;
    bool sent;
    int status;
    uint32_t answer[2];
};

static void run_client(struct thread *thread)
{
    struct client *client = thread->arg;
    uint32_t words[2] = {0, client->question};
    struct message *reply, *message = message_of(words, sizeof(words));

    client->status =
        channel_call(client->channel, message, client->deadline, 0, &client->sent, &reply);
    if (client->status == 0) {
        assert_int_equal(reply->size, sizeof(client->answer));
        memcpy(client->answer, message_data(reply), sizeof(client->answer));
        message_free(reply);
    } else if (!client->sent) {
        message_free(message);
    }
}

static void start_client(struct thread *thread, struct client *client, uint32_t question)
{
    *client = (struct client){.channel = one, .question = question, .deadline = TIMER_NEVER};
    thread->arg = client;
    fake_thread_start(thread, 1, run_client);
    fake_thread_await_block(thread);
}

static void take_question(uint32_t words[2])
{
    struct channel_room room = {8, 0};
    struct message *message;

    assert_int_equal(channel_read(other, &room, false, &message), 0);
    memcpy(words, message_data(message), 8);
    message_free(message);
}

static void replies_find_their_callers(void **state)
{
    struct thread threads[5];
    struct client clients[5];
    uint32_t words[5][2];

    for (uint32_t i = 0; i < 5; i++) {
        start_client(&threads[i], &clients[i], i);
        take_question(words[i]);
        assert_int_equal(words[i][1], i);
        assert_true(words[i][0] >> 31 != 0);
    }
    assert_int_equal(channel_write(other, message_of((uint32_t[]){1, 2}, 8)), 0); /* nobody's */
    for (uint32_t i = 5; i-- > 0;) {
        words[i][1] *= 10;
        assert_int_equal(channel_write(other, message_of(words[i], 8)), 0);
    }
    for (uint32_t i = 0; i < 5; i++) {
        fake_thread_join(&threads[i]);
        assert_int_equal(clients[i].status, 0);
        assert_int_equal(clients[i].answer[1], i * 10);
    }
    assert_int_equal(signals(one) & KEEL_CHANNEL_READABLE, KEEL_CHANNEL_READABLE);
    assert_int_equal(one->message_count, 1);
}

static void calls_end_in_all_ways(void **state)
{
    struct client client = {.channel = one, .deadline = 1};
    uint32_t words[2], value;
    struct message *message, *reply;
    struct thread thread;
    bool sent;

    run_client(&(struct thread){.arg = &client});
    assert_int_equal(client.status, -ETIMEDOUT);
    assert_true(client.sent && !one->caller);
    take_question(words);
    assert_int_equal(channel_write(other, word(words[0])), 0); /* too late: queued */
    assert_int_equal(read_word(one, &value), 0);
    assert_int_equal(value, words[0]);
    message = message_of("abc", 3);
    assert_int_equal(channel_call(one, message, TIMER_NEVER, 0, &sent, &reply), -EINVAL);
    assert_false(sent);
    message_free(message);
    for (unsigned i = 0; i < KEEL_CHANNEL_QUEUE_MESSAGES; i++) {
        assert_int_equal(channel_write(one, word(i)), 0);
    }
    run_client(&(struct thread){.arg = &client});
    assert_int_equal(client.status, -EAGAIN);
    assert_true(!client.sent && !one->caller);
    while (read_word(other, &value) == 0) {
    }
    start_client(&thread, &client, 1);
    close_end(&other);
    fake_thread_join(&thread);
    assert_int_equal(client.status, -EPIPE);
    run_client(&(struct thread){.arg = &client});
    assert_int_equal(client.status, -EPIPE);
    assert_false(client.sent);
}

static void closing_ones_own_end_ends_its_calls(void **state)
{
    struct thread threads[40];
    struct client clients[40];

    object_get(&one->paired.object);
    for (unsigned i = 0; i < 40; i++) {
        start_client(&threads[i], &clients[i], 1);
    }
    object_close(&one->paired.object);
    for (unsigned i = 0; i < 40; i++) {
        fake_thread_join(&threads[i]);
        assert_int_equal(clients[i].status, -ECANCELED);
    }
    object_put(&one->paired.object);
    one = NULL;
}

/* --- A server --- */

struct server {
    struct channel *channel;
    unsigned served;
    struct channel_room room;
    int status;
    bool sent;
};

/* Answers n with n + 1 until something else happens. */
static void run_server(struct thread *thread)
{
    struct server *server = thread->arg;
    struct message *message = NULL;

    for (;;) {
        struct message *reply = message;
        uint32_t words[2];

        server->room = (struct channel_room){8, 0};
        server->status = channel_reply_wait(server->channel, reply, TIMER_NEVER, 0, &server->sent,
                                            &server->room, &message);
        if (server->status != 0) {
            break;
        }
        memcpy(words, message_data(message), sizeof(words));
        words[1]++;
        memcpy(message_data(message), words, sizeof(words));
        server->served++;
    }
}

static void a_server_replies_and_waits(void **state)
{
    struct server server = {.channel = other};
    struct thread thread = {.arg = &server};

    fake_thread_start(&thread, 1, run_server);
    fake_thread_await_block(&thread);
    for (uint32_t i = 0; i < 100; i++) {
        struct client client = {.channel = one, .question = i, .deadline = TIMER_NEVER};

        run_client(&(struct thread){.arg = &client});
        assert_int_equal(client.status, 0);
        assert_int_equal(client.answer[1], i + 1);
    }
    assert_int_equal(signals(other), KEEL_CHANNEL_WRITABLE); /* nothing was ever queued */
    close_end(&one);
    fake_thread_join(&thread);
    assert_int_equal(server.status, -EPIPE);
    assert_int_equal(server.served, 100);
}

static void a_server_waits_in_vain(void **state)
{
    struct channel_room room = {8, 0};
    struct message *message, *reply = word(7);
    uint32_t value;
    bool sent;

    assert_int_equal(channel_reply_wait(other, NULL, 0, 0, &sent, &room, &message), -ETIMEDOUT);
    assert_int_equal(channel_reply_wait(other, reply, clock_ns() + 1000, 0, &sent, &room, &message),
                     -ETIMEDOUT);
    assert_true(sent && list_is_empty(&other->readers));
    assert_int_equal(read_word(one, &value), 0);
    assert_int_equal(channel_write(one, message_of("123456789", 9)), 0);
    assert_int_equal(channel_reply_wait(other, NULL, 0, 0, &sent, &room, &message), -ERANGE);
    assert_int_equal(room.bytes, 9);
    assert_int_equal(channel_reply_wait(other, NULL, 0, 0, &sent, &room, &message), 0);
    message_free(message);
    close_end(&one);
    reply = word(8);
    assert_int_equal(channel_reply_wait(other, reply, 0, 0, &sent, &room, &message), -EPIPE);
    assert_false(sent);
    message_free(reply);
}

/* It was handed to a server that has no room for it: it is the oldest in the queue. */
static void what_does_not_fit_is_kept(void **state)
{
    struct server server = {.channel = other};
    struct thread thread = {.arg = &server};
    struct channel_room room = {9, 0};
    struct message *message;

    fake_thread_start(&thread, 1, run_server);
    fake_thread_await_block(&thread);
    assert_int_equal(channel_write(one, message_of("123456789", 9)), 0);
    fake_thread_join(&thread);
    assert_int_equal(server.status, -ERANGE);
    assert_int_equal(server.room.bytes, 9);
    assert_int_equal(channel_read(other, &room, false, &message), 0);
    message_free(message);
}

/* --- Buffers --- */

static struct ipc_buffer small(uint32_t a, uint32_t b, uint32_t room)
{
    struct ipc_buffer buffer = {.size = 8, .room = {room, 1}};

    memcpy(buffer.bytes, (uint32_t[]){a, b}, 8);
    return buffer;
}

/* Of either form. */
static uint32_t second_word(struct ipc_buffer *buffer)
{
    uint32_t value;

    memcpy(&value, (buffer->message ? message_data(buffer->message) : buffer->bytes) + 4, 4);
    return value;
}

static void drop(struct ipc_buffer *buffer)
{
    if (buffer->message) {
        message_free(buffer->message);
        buffer->message = NULL;
    }
}

/* Answers n with n + 1, with as many bytes as n says where that is above 8. */
static void run_buffer_server(struct thread *thread)
{
    struct server *server = thread->arg;
    struct ipc_buffer buffer = {.room = {8, 0}};

    while ((server->status = channel_reply_wait_buffer(server->channel, &buffer, TIMER_NEVER, 0)) ==
           0) {
        uint32_t words[2] = {0, second_word(&buffer)}, size = MAX(words[1], 8u);

        memcpy(words, buffer.message ? message_data(buffer.message) : buffer.bytes, 4);
        drop(&buffer);
        words[1]++;
        buffer.size = size;
        if (size > MESSAGE_SMALL_BYTES) {
            assert_int_equal(message_create(size, 0, &buffer.message), 0);
            memset(message_data(buffer.message), 0, size);
        }
        memcpy(buffer.message ? message_data(buffer.message) : buffer.bytes, words, 8);
        buffer.room = (struct channel_room){8, 0};
        server->served++;
    }
    assert_true(buffer.sent && !buffer.message);
    server->room = buffer.room;
}

static void buffers_carry_calls(void **state)
{
    struct server server = {.channel = other};
    struct thread thread = {.arg = &server};
    struct ipc_buffer buffer;

    fake_thread_start(&thread, 1, run_buffer_server);
    for (uint32_t n = 0; n < 100; n++) {
        buffer = small(0, n, n % 2 == 0 ? 100 : 64);
        assert_int_equal(channel_call_buffer(one, &buffer, TIMER_NEVER, 0),
                         n > buffer.room.bytes && n > 64 && n % 2 != 0 ? -ERANGE : 0);
        assert_true(buffer.sent);
        assert_int_equal(buffer.room.bytes, MAX(n, 8u));
        if (n <= 64 || n % 2 == 0) {
            assert_int_equal(buffer.message ? buffer.message->size : buffer.size, MAX(n, 8u));
            assert_int_equal(second_word(&buffer), n + 1);
        }
        drop(&buffer);
    }
    buffer = small(0, 1, 8);
    buffer.size = 12; /* more than the server has room for: it leaves */
    assert_int_equal(channel_write_buffer(one, &buffer), 0);
    assert_true(buffer.sent);
    fake_thread_join(&thread);
    assert_int_equal(server.status, -ERANGE);
    assert_int_equal(server.room.bytes, 12);
    assert_int_equal(server.served, 100);
    assert_int_equal(other->message_count, 1);
}

static void buffers_keep_what_is_not_sent(void **state)
{
    struct ipc_buffer buffer = small(5, 6, 8);
    uint32_t value;

    fake_heap_fail_nth(1);
    assert_int_equal(channel_write_buffer(one, &buffer), -ENOMEM);
    assert_true(!buffer.sent && !buffer.message && buffer.size == 8);
    buffer.size = MESSAGE_SMALL_BYTES + 1;
    assert_int_equal(channel_write_buffer(one, &buffer), -E2BIG);
    assert_int_equal(channel_call_buffer(one, &buffer, TIMER_NEVER, 0), -E2BIG);
    buffer.size = 3;
    assert_int_equal(channel_call_buffer(one, &buffer, TIMER_NEVER, 0), -EINVAL);
    assert_true(!buffer.sent && !buffer.message && buffer.size == 3);
    buffer.size = 4;
    assert_int_equal(channel_write_buffer(one, &buffer), 0);
    assert_int_equal(read_word(other, &value), 0);
    assert_int_equal(value, 5);
    buffer.size = 0;
    assert_int_equal(channel_reply_wait_buffer(one, &buffer, 0, 0), -ETIMEDOUT);
    assert_true(buffer.sent);
    buffer.size = 8;
    assert_int_equal(channel_call_buffer(one, &buffer, 1, 0), -ETIMEDOUT);
    assert_true(buffer.sent && buffer.size == 0);
    assert_int_equal(channel_call_buffer(one, &buffer, 1, 0), -EINVAL);
    close_end(&other);
    buffer.size = 8;
    assert_int_equal(channel_reply_wait_buffer(one, &buffer, 0, 0), -EPIPE);
    assert_true(!buffer.sent && buffer.size == 8);
    assert_int_equal(channel_write_buffer(one, &buffer), -EPIPE);
    assert_int_equal(channel_call_buffer(one, &buffer, TIMER_NEVER, 0), -EPIPE);
    assert_true(!buffer.sent && buffer.size == 8);
}

/* --- At random --- */

#define MODEL_MAX 4096

struct model {
    uint32_t values[MODEL_MAX], sizes[MODEL_MAX];
    unsigned first, count, bytes;
};

static bool model_full(const struct model *model)
{
    return model->count >= KEEL_CHANNEL_QUEUE_MESSAGES || model->bytes >= KEEL_CHANNEL_QUEUE_BYTES;
}

static void model_write(struct model *model, struct channel *end, uint64_t draw)
{
    uint32_t size = draw % 8 == 0 ? 4 + (uint32_t)(draw >> 8) % 60000 : 4;
    uint32_t value = (uint32_t)draw & INT32_MAX;
    unsigned last = (model->first + model->count) % MODEL_MAX;
    struct message *message;
    int err;

    assert_int_equal(message_create(size, 0, &message), 0);
    memset(message_data(message), 0, size);
    memcpy(message_data(message), &value, sizeof(value));
    err = channel_write(end, message);
    assert_int_equal(err, model_full(model) ? -EAGAIN : 0);
    if (err != 0) {
        message_free(message);
        return;
    }
    model->values[last] = value;
    model->sizes[last] = size;
    model->count++;
    model->bytes += size;
}

static void model_read(struct model *model, struct channel *end, uint64_t draw)
{
    struct channel_room room = {draw % 4 == 0 ? 100 : 65536, 0};
    bool fits = model->sizes[model->first] <= room.bytes, back = draw % 8 == 1;
    struct message *message;
    uint32_t value;
    int err = channel_read(end, &room, false, &message);

    assert_int_equal(err, model->count == 0 ? -EAGAIN : fits ? 0 : -ERANGE);
    if (model->count != 0) {
        assert_int_equal(room.bytes, model->sizes[model->first]);
    }
    if (err == 0 && back) {
        channel_unread(end, message);
    } else if (err == 0) {
        memcpy(&value, message_data(message), sizeof(value));
        assert_int_equal(value, model->values[model->first]);
        model->bytes -= message->size;
        model->count--;
        model->first = (model->first + 1) % MODEL_MAX;
        message_free(message);
    }
}

static void follows_the_model(void **state)
{
    static struct model models[2];
    const char *text = getenv("OPERATIONS");
    unsigned operations = text ? (unsigned)atoi(text) / 10 : 30000;
    struct channel *ends[2] = {one, other};
    struct thread dice = {.seed = 1234567};

    for (unsigned n = 0; n < operations; n++) {
        unsigned side = (unsigned)fake_random(&dice, 2);
        bool write = fake_random(&dice, 100) < (n / 2000 % 2 != 0 ? 40 : 60);

        if (write) {
            model_write(&models[side], ends[side], fake_random(&dice, UINT32_MAX));
        } else {
            model_read(&models[side], ends[!side], fake_random(&dice, UINT32_MAX));
        }
        assert_int_equal(signals(ends[side]),
                         (models[!side].count != 0 ? KEEL_CHANNEL_READABLE : 0) |
                             (model_full(&models[side]) ? 0 : KEEL_CHANNEL_WRITABLE));
    }
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, begin, end)
    const struct CMUnitTest tests[] = {
        CASE(messages_come_in_order),
        CASE(sizes_have_limits),
        CASE(a_full_queue_pushes_back),
        CASE(closing_tells_the_peer),
        CASE(unread_handles_are_closed),
        CASE(deep_nesting_ends_flat),
        CASE(replies_find_their_callers),
        CASE(calls_end_in_all_ways),
        CASE(closing_ones_own_end_ends_its_calls),
        CASE(a_server_replies_and_waits),
        CASE(a_server_waits_in_vain),
        CASE(what_does_not_fit_is_kept),
        CASE(buffers_carry_calls),
        CASE(buffers_keep_what_is_not_sent),
        CASE(follows_the_model),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
