/* SPDX-License-Identifier: MIT */
/* Handles, signals, ports and channels under several threads, with ThreadSanitizer: what has to hold
 * whoever comes first. */
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
#include <keel/port.h>
#include <keel/prng.h>
#include <keel/timer.h>

#define THREADS 4
#define SHARED  16
#define ROUNDS  3000

static struct thread self, threads[THREADS];
static struct handle_table table;
static keel_handle_t shared[SHARED]; /* atomic: what threads show each other */
static unsigned wrong;

#define must(holds) check(holds, __LINE__)

static void check(bool holds, int line)
{
    if (!holds) {
        print_error("line %d\n", line);
        __atomic_add_fetch(&wrong, 1, __ATOMIC_RELAXED);
    }
}

static void run_all(void (*run)(struct thread *thread))
{
    for (unsigned i = 0; i < THREADS; i++) {
        threads[i].number = i;
        fake_thread_start(&threads[i], i, run);
    }
    for (unsigned i = 0; i < THREADS; i++) {
        fake_thread_join(&threads[i]);
    }
    assert_int_equal(wrong, 0);
}

static int begin(void **state)
{
    fake_threads_init(&self);
    wrong = 0;
    memset(shared, 0, sizeof(shared));
    return handle_table_init(&table);
}

static int end(void **state)
{
    fake_table_end(&table);
    return fake_heap_blocks() == 0 ? 0 : -1;
}

static struct object *new_event(void)
{
    struct object *event = NULL;

    must(event_object_create(&event) == 0);
    return event;
}

/* Shows a handle to the others, and closes the one that it takes the place of. */
static void show(struct thread *thread, keel_handle_t handle)
{
    keel_handle_t *place = &shared[fake_random(thread, SHARED)];
    keel_handle_t old = __atomic_exchange_n(place, handle, __ATOMIC_RELAXED);

    must(old == 0 || handle_close(&table, old) == 0);
}

static keel_handle_t some_handle(struct thread *thread)
{
    return __atomic_load_n(&shared[fake_random(thread, SHARED)], __ATOMIC_RELAXED);
}

/* --- Handles --- */

static void use_handle(struct thread *thread, keel_handle_t handle)
{
    struct object *object;
    int err = handle_get(&table, handle, KEEL_OBJ_TYPE_EVENT, KEEL_RIGHT_SIGNAL, &object);

    must(err == 0 || err == -EBADF);
    if (err == 0) {
        must(object_signal_by_user(object, KEEL_USER_SIGNAL_0, KEEL_USER_SIGNAL_1) == 0);
        object_put(object);
    }
}

/* Takes a handle out of the table and puts it there again. */
static void move_handle(struct thread *thread)
{
    keel_handle_t handle =
        __atomic_exchange_n(&shared[fake_random(thread, SHARED)], 0, __ATOMIC_RELAXED);
    struct loose_handle loose;
    unsigned bad;

    if (handle != 0) {
        must(handle_take(&table, &handle, 1, KEEL_RIGHT_TRANSFER, &loose, &bad) == 0);
        if (fake_random(thread, 2) == 0) {
            handle_install(&table, handle, loose);
        } else {
            handle_unreserve(&table, &handle, 1);
            must(handle_reserve(&table, &handle, 1) == 0);
            handle_install(&table, handle, loose);
        }
        show(thread, handle);
    }
}

static void run_handles(struct thread *thread)
{
    for (unsigned i = 0; i < ROUNDS; i++) {
        keel_handle_t made;

        switch (fake_random(thread, 4)) {
        case 0:
            show(thread, fake_install(&table, new_event()));
            break;
        case 1:
            if (handle_duplicate(&table, some_handle(thread), KEEL_RIGHT_SAME_RIGHTS, &made) == 0) {
                show(thread, made);
            }
            break;
        case 2:
            move_handle(thread);
            break;
        default:
            use_handle(thread, some_handle(thread));
        }
    }
}

static void handles_come_and_go(void **state)
{
    run_all(run_handles);
}

/* --- Signals and ports --- */

static struct port *port;

static void wait_through(struct thread *thread, keel_handle_t handle)
{
    struct wait_entry entry = {.waitfor = KEEL_USER_SIGNAL_0, .handle = handle};
    int err = handle_get(&table, handle, KEEL_OBJ_TYPE_NONE, KEEL_RIGHT_WAIT, &entry.object);

    if (err == 0) {
        err = object_wait_many(&entry, 1, &table, clock_ns() + fake_random(thread, 200 * NS_PER_US),
                               0);
        must(err == 0 || err == -ETIMEDOUT || err == -ECANCELED);
        must(err != 0 || (entry.pending & KEEL_USER_SIGNAL_0) != 0);
        must(err != -ECANCELED || (entry.pending & KEEL_SIGNAL_HANDLE_CLOSED) != 0);
        object_put(entry.object);
    }
}

static void signal_through(keel_handle_t handle, keel_signals_t clear, keel_signals_t set)
{
    struct object *object;

    if (handle_get(&table, handle, KEEL_OBJ_TYPE_NONE, KEEL_RIGHT_SIGNAL, &object) == 0) {
        object_signal(object, clear, set);
        object_put(object);
    }
}

static void async_through(struct thread *thread, keel_handle_t handle)
{
    uint64_t key = fake_random(thread, 4);
    struct object *object;

    if (handle_get(&table, handle, KEEL_OBJ_TYPE_NONE, KEEL_RIGHT_WAIT, &object) == 0) {
        if (fake_random(thread, 3) == 0) {
            (void)port_cancel(port, object, key, &table, handle);
        } else {
            int err = port_wait_async(port, object, key, KEEL_USER_SIGNAL_0, 0, &table, handle);

            must(err == 0 || err == -ECANCELED);
        }
        object_put(object);
    }
}

static void run_waits(struct thread *thread)
{
    keel_port_packet_t packet;

    object_get(&port->object);
    for (unsigned i = 0; i < ROUNDS; i++) {
        switch (fake_random(thread, 7)) {
        case 0:
            show(thread, fake_install(&table, new_event()));
            break;
        case 1:
            wait_through(thread, some_handle(thread));
            break;
        case 2:
            async_through(thread, some_handle(thread));
            break;
        case 3:
            (void)port_wait(port, clock_ns() + fake_random(thread, 100 * NS_PER_US), 0, &packet);
            break;
        case 4:
            signal_through(some_handle(thread), KEEL_USER_SIGNAL_0, 0);
            break;
        default:
            signal_through(some_handle(thread), 0, KEEL_USER_SIGNAL_0);
        }
        if (thread->number == 0 && i == ROUNDS / 2) {
            object_close(&port->object); /* the last handle */
        }
    }
    object_put(&port->object);
}

static void waits_end_whoever_comes_first(void **state)
{
    struct object *object;

    assert_int_equal(port_create(&object), 0);
    port = port_of(object);
    object_get(object);
    run_all(run_waits);
    object_put(object);
}

/* --- Channels: two threads call, two serve --- */

static struct channel *near, *far;
static unsigned calling;

static struct message *question(struct thread *thread, uint32_t value)
{
    uint32_t words[2] = {0, value};
    struct message *message = NULL;

    must(message_create(sizeof(words), 1, &message) == 0);
    memcpy(message_data(message), words, sizeof(words));
    message->handles[0] = (struct loose_handle){new_event(), 0};
    return message;
}

static void call_once(struct thread *thread, uint32_t value)
{
    struct message *message = question(thread, value), *reply = NULL;
    uint64_t patience = fake_random(thread, 2) == 0 ? 20 * NS_PER_US : NS_PER_SEC * 100;
    bool sent;
    int err = channel_call(near, message, clock_ns() + patience, 0, &sent, &reply);
    uint32_t words[2];

    must(err == 0 || err == -ETIMEDOUT);
    must(sent);
    if (err == 0) {
        struct cleanup cleanup = {0};

        memcpy(words, message_data(reply), sizeof(words));
        must(words[1] == value + 1);
        message_destroy(reply, &cleanup);
        cleanup_run(&cleanup);
    }
}

/* Late replies pile up in the callers' queue. */
static void drain(void)
{
    struct channel_room room = {0, 0};
    struct message *message;

    while (channel_read(near, &room, true, &message) == -ERANGE) {
        room = (struct channel_room){0, 0};
    }
}

static void serve(void)
{
    struct message *message = NULL;

    for (;;) {
        struct channel_room room = {64, 1};
        struct cleanup cleanup = {0};
        uint32_t words[2];
        bool sent;
        int err = channel_reply_wait(far, message, TIMER_NEVER, 0, &sent, &room, &message);

        if (err == -EAGAIN || (err == -EPIPE && !sent)) {
            message_destroy(message, &cleanup);
            cleanup_run(&cleanup);
            message = NULL;
        } else if (err != 0) {
            must(err == -EPIPE);
            return;
        } else {
            memcpy(words, message_data(message), sizeof(words));
            words[1]++;
            memcpy(message_data(message), words, sizeof(words));
        }
    }
}

/* The same in buffers, without handles. */
static void call_once_small(struct thread *thread, uint32_t value)
{
    uint64_t patience = fake_random(thread, 2) == 0 ? 20 * NS_PER_US : NS_PER_SEC * 100;
    struct ipc_buffer buffer = {.size = 8 + (uint32_t)fake_random(thread, 57), .room = {64, 0}};
    uint32_t size = buffer.size;
    int err;

    memcpy(buffer.bytes + 4, &value, sizeof(value));
    err = channel_call_buffer(near, &buffer, clock_ns() + patience, 0);
    must(buffer.sent && (err == 0 || err == -ETIMEDOUT));
    if (err == 0) {
        const unsigned char *data = buffer.message ? message_data(buffer.message) : buffer.bytes;
        uint32_t answer;

        memcpy(&answer, data + 4, sizeof(answer));
        must(answer == value + 1 && buffer.room.bytes == size);
        message_free(buffer.message);
    }
}

static void serve_small(void)
{
    struct ipc_buffer buffer = {.room = {64, 0}};
    int err;

    while ((err = channel_reply_wait_buffer(far, &buffer, TIMER_NEVER, 0)) == 0 || !buffer.sent) {
        unsigned char *data = buffer.message ? message_data(buffer.message) : buffer.bytes;
        uint32_t value;

        buffer.room = (struct channel_room){64, 0};
        if (err != 0) { /* the clients are gone, or do not read: not sent */
            message_free(buffer.message);
            buffer.message = NULL;
            buffer.size = 0;
            continue;
        }
        memcpy(&value, data + 4, sizeof(value));
        value++;
        memcpy(data + 4, &value, sizeof(value));
    }
    must(err == -EPIPE);
}

static bool in_buffers;

static void run_channels(struct thread *thread)
{
    if (thread->number % 2 != 0) {
        (in_buffers ? serve_small : serve)();
        return;
    }
    for (unsigned i = 0; i < ROUNDS / 4; i++) {
        (in_buffers ? call_once_small : call_once)(thread, (uint32_t)fake_random(thread, 1 << 20));
        drain();
    }
    if (__atomic_sub_fetch(&calling, 1, __ATOMIC_ACQ_REL) == 0) {
        object_close(&near->paired.object); /* the servers end */
    }
}

static void call_and_serve(bool buffers)
{
    struct object *a, *b;

    in_buffers = buffers;
    assert_int_equal(channel_create(&a, &b), 0);
    near = channel_of(a);
    far = channel_of(b);
    calling = THREADS / 2;
    run_all(run_channels);
    object_close(b);
}

static void calls_get_their_own_replies(void **state)
{
    call_and_serve(false);
}

static void so_do_small_calls(void **state)
{
    call_and_serve(true);
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, begin, end)
    const struct CMUnitTest tests[] = {
        CASE(handles_come_and_go),
        CASE(waits_end_whoever_comes_first),
        CASE(calls_get_their_own_replies),
        CASE(so_do_small_calls),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
