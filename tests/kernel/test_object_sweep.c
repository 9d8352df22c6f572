/* SPDX-License-Identifier: MIT */
/* Every allocation that an operation on objects makes fails once: the operation says -ENOMEM, what it
 * worked on is as before, and in the end every block and object is back. */
#include <keel/channel_object.h>
#include <keel/errno.h>
#include <keel/event_object.h>
#include <keel/handle.h>
#include <keel/heap.h>
#include <keel/ktest.h>
#include <keel/port.h>

#define CHUNK   256u /* slots of a table that has not grown */
#define NTH_MAX 20u

/* What operations work on: a table that is full but for one slot, an event in it, a port, a channel. */
struct ground {
    struct handle_table table;
    keel_handle_t reserved[CHUNK - 2];
    keel_handle_t handle;
    struct object *event, *port, *near, *far;
    struct object *made[2];
    struct message *message;
    struct handle_table made_table;
    keel_handle_t made_handles[2];
};

struct operation {
    const char *name;
    int (*run)(struct ground *ground);
    void (*undo)(struct ground *ground);
};

static struct ground ground;

static bool open_ground(struct ground *g)
{
    *g = (struct ground){0};
    if (handle_table_init(&g->table) != 0 || event_object_create(&g->event) != 0 ||
        port_create(&g->port) != 0 || channel_create(&g->near, &g->far) != 0 ||
        handle_reserve(&g->table, &g->handle, 1) != 0 ||
        handle_reserve(&g->table, g->reserved, CHUNK - 2) != 0) {
        return false;
    }
    handle_install(&g->table, g->handle,
                   (struct loose_handle){g->event, KEEL_DEFAULT_EVENT_RIGHTS});
    return true;
}

static void close_ground(struct ground *g)
{
    handle_unreserve(&g->table, g->reserved, CHUNK - 2);
    while (handle_table_close(&g->table, 64)) {
    }
    handle_table_destroy(&g->table);
    object_close(g->port);
    object_close(g->near);
    object_close(g->far);
}

static int do_table(struct ground *g)
{
    return handle_table_init(&g->made_table);
}

static void undo_table(struct ground *g)
{
    handle_table_destroy(&g->made_table);
}

/* Two slots, of which there is one. */
static int do_reserve(struct ground *g)
{
    return handle_reserve(&g->table, g->made_handles, 2);
}

static void undo_reserve(struct ground *g)
{
    handle_unreserve(&g->table, g->made_handles, 2);
}

static int do_duplicate(struct ground *g)
{
    int err = handle_duplicate(&g->table, g->handle, KEEL_RIGHT_SAME_RIGHTS, &g->made_handles[0]);

    if (err == 0) {
        err = handle_duplicate(&g->table, g->handle, KEEL_RIGHT_SAME_RIGHTS, &g->made_handles[1]);
        if (err != 0) {
            (void)handle_close(&g->table, g->made_handles[0]);
        }
    }
    return err;
}

static int do_event(struct ground *g)
{
    return event_object_create(&g->made[0]);
}

static int do_eventpair(struct ground *g)
{
    return eventpair_create(&g->made[0], &g->made[1]);
}

static int do_timer(struct ground *g)
{
    return timer_object_create(KEEL_TIMER_SLACK_LATE, &g->made[0]);
}

static int do_port(struct ground *g)
{
    return port_create(&g->made[0]);
}

static int do_channel(struct ground *g)
{
    return channel_create(&g->made[0], &g->made[1]);
}

static void undo_objects(struct ground *g)
{
    for (unsigned i = 0; i < 2; i++) {
        if (g->made[i] != NULL) {
            object_close(g->made[i]);
        }
    }
}

static int do_queue(struct ground *g)
{
    return port_queue(port_of(g->port), &(keel_port_packet_t){.key = 1});
}

static int do_wait_async(struct ground *g)
{
    return port_wait_async(port_of(g->port), g->event, 1, KEEL_USER_SIGNAL_0, 0, &g->table,
                           g->handle);
}

static int do_message(struct ground *g)
{
    int err = message_create(100, 0, &g->message);

    return err == 0 ? channel_write(channel_of(g->near), g->message) : err;
}

static const struct operation operations[] = {
    {"handle_table_init", do_table, undo_table},
    {"handle_reserve", do_reserve, undo_reserve},
    {"handle_duplicate", do_duplicate, NULL},
    {"event", do_event, undo_objects},
    {"eventpair", do_eventpair, undo_objects},
    {"timer", do_timer, undo_objects},
    {"port", do_port, undo_objects},
    {"channel", do_channel, undo_objects},
    {"port_queue", do_queue, NULL},
    {"port_wait_async", do_wait_async, NULL},
    {"message", do_message, NULL},
};

static void expect(bool good, const struct operation *operation, unsigned nth, const char *what)
{
    if (!good) {
        console_printf("%s, allocation %u fails: %s\n", operation->name, nth, what);
    }
    KTEST_EXPECT(good);
}

static bool is_as_before(const struct ground *g, uint64_t objects)
{
    return object_count() == objects && refcount_read(&g->event->refs) == 1 &&
           refcount_read(&g->event->handles) == 1 && g->table.used == CHUNK - 1 &&
           list_is_empty(&g->event->observers) && list_is_empty(&port_of(g->port)->packets) &&
           port_of(g->port)->wait_count == 0 && channel_of(g->far)->message_count == 0;
}

/* Runs it once, the nth allocation failing; whether there were so many. */
static bool try_one(const struct operation *operation, unsigned nth, unsigned *errors)
{
    uint64_t injected = alloc_failures_injected(), objects;
    int err;

    if (!open_ground(&ground)) {
        expect(false, operation, nth, "no memory for what it works on");
        return false;
    }
    objects = object_count();
    alloc_fail_nth(nth);
    err = operation->run(&ground);
    alloc_fail_nth(0);
    expect(err == 0 || err == -ENOMEM, operation, nth, "another error");
    expect(err == 0 || is_as_before(&ground, objects), operation, nth, "something has changed");
    *errors += err != 0;
    if (err == 0 && operation->undo != NULL) {
        operation->undo(&ground);
    }
    close_ground(&ground);
    return alloc_failures_injected() != injected;
}

KTEST(object_survives_every_failure)
{
    for (unsigned i = 0; i < ARRAY_SIZE(operations); i++) {
        unsigned nth = 0, errors = 0;
        struct heap_stats before, after;
        uint64_t objects = object_count();
        bool failed = true;

        (void)try_one(&operations[i], 0, &errors);
        heap_get_stats(&before);
        while (failed && nth < NTH_MAX) {
            failed = try_one(&operations[i], ++nth, &errors);
        }
        heap_get_stats(&after);
        expect(nth < NTH_MAX, &operations[i], nth, "there is no end");
        expect(errors > 0, &operations[i], nth, "it never said so");
        expect(object_count() == objects, &operations[i], nth, "objects are not back");
        expect(after.blocks_used == before.blocks_used && after.bytes_used == before.bytes_used,
               &operations[i], nth, "blocks are not back");
    }
}
