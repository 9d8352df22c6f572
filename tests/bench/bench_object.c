/* SPDX-License-Identifier: MIT */
/* What handles, signals, ports and channels cost inside the kernel, entries from user space apart. */
#include <keel/bench.h>
#include <keel/channel_object.h>
#include <keel/clock.h>
#include <keel/event_object.h>
#include <keel/handle.h>
#include <keel/port.h>
#include <keel/string.h>
#include <keel/thread.h>
#include <keel/timer.h>

static struct handle_table table;
static keel_handle_t handle;
static struct object *event, *port, *near, *far;

static void set_up(void)
{
    if (event == NULL && handle_table_init(&table) == 0 && event_object_create(&event) == 0 &&
        port_create(&port) == 0 && channel_create(&near, &far) == 0 &&
        handle_reserve(&table, &handle, 1) == 0) {
        handle_install(&table, handle, (struct loose_handle){event, KEEL_DEFAULT_EVENT_RIGHTS});
    }
}

BENCH(handle_get, "handle.get.kernel", set_up)
{
    struct object *object;

    if (handle_get(&table, handle, KEEL_OBJ_TYPE_EVENT, KEEL_RIGHT_SIGNAL, &object) == 0) {
        object_put(object);
    }
}

BENCH(handle_duplicate, "handle.duplicate_close.kernel", set_up)
{
    keel_handle_t second;

    if (handle_duplicate(&table, handle, KEEL_RIGHT_SAME_RIGHTS, &second) == 0) {
        (void)handle_close(&table, second);
    }
}

BENCH(object_signal, "object.signal.kernel", set_up)
{
    object_signal(event, 0, KEEL_EVENT_SIGNALED);
}

BENCH(port_queue, "port.queue_wait.kernel", set_up)
{
    keel_port_packet_t packet = {.key = 1};

    (void)port_queue(port_of(port), &packet);
    (void)port_wait(port_of(port), 0, 0, &packet);
}

BENCH(channel_write_read, "channel.write_read.64.kernel", set_up)
{
    struct channel_room room = {64, 0};
    struct message *message;

    if (message_create(64, 0, &message) == 0 && channel_write(channel_of(near), message) == 0 &&
        channel_read(channel_of(far), &room, false, &message) == 0) {
        message_free(message);
    }
}

/* --- A call to a server that waits, and its reply: two switches --- */

static int serve(void *arg)
{
    struct ipc_buffer buffer = {.room = {64, 0}};
    int err;

    do {
        err = channel_reply_wait_buffer(channel_of(far), &buffer, TIMER_NEVER, 0);
        buffer.room = (struct channel_room){64, 0};
    } while (err == 0);
    return err;
}

static void start_server(void)
{
    struct thread_attr attr = {PRIORITY_NORMAL, cpumask_of(0)};
    struct thread *thread;

    set_up();
    if (thread_run(&thread, "server", serve, NULL, &attr) == 0) {
        thread_detach(thread);
    }
    thread_sleep(NS_PER_MS);
}

BENCH(channel_call, "ipc.call.0.kernel", start_server)
{
    struct ipc_buffer buffer;

    buffer.message = NULL;
    buffer.size = sizeof(keel_txid_t);
    buffer.room = (struct channel_room){64, 0};
    (void)channel_call_buffer(channel_of(near), &buffer, TIMER_NEVER, 0);
}
