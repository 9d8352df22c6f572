/* SPDX-License-Identifier: MIT */
/* The calls of events, timers, ports, resources and the log, as a process makes them. */
#include "user_stage.h"

#include <keel/clock.h>
#include <keel/errno.h>
#include <keel/heap.h>
#include <keel/ktest.h>
#include <keel/log_record.h>
#include <keel/packet.h>
#include <keel/resource_object.h>
#include <keel/string.h>
#include <keel/syscall_numbers.h>
#include <keel/uaccess.h>

#define U0           KEEL_USER_SIGNAL_0
#define U1           KEEL_USER_SIGNAL_1
#define ANY_MS       10000 /* a deadline that is not to pass */
#define BAD_POINTERS 5u

/* What lies in the process's memory. */
struct memory {
    keel_handle_t handles[4];
    struct keel_wait_item items[KEEL_WAIT_MANY_MAX_ITEMS];
    keel_port_packet_t packet;
    keel_log_record_t record;
    keel_rsrc_name_t name;
    char text[64];
};

#define AT(g, member) ((g)->data + offsetof(struct memory, member))

static void put(virt_addr_t at, const void *bytes, size_t size)
{
    KTEST_EXPECT(user_copy_out(user_pointer(at), bytes, size) == 0);
}

static void get(virt_addr_t at, void *bytes, size_t size)
{
    KTEST_EXPECT(user_copy_in(bytes, user_pointer(at), size) == 0);
}

/* The handle that a call has put into handles[n]. */
static keel_handle_t made(struct user_stage *g, unsigned n)
{
    keel_handle_t handle;

    get(AT(g, handles[n]), &handle, sizeof(handle));
    return handle;
}

static keel_handle_t make_event(struct user_stage *g)
{
    KTEST_EXPECT(CALL(event_create, 0, AT(g, handles[0])) == 0);
    return made(g, 0);
}

static keel_handle_t make_port(struct user_stage *g)
{
    KTEST_EXPECT(CALL(port_create, 0, AT(g, handles[0])) == 0);
    return made(g, 0);
}

/* A handle in the place of another, with these rights alone. */
static keel_handle_t with_rights(struct user_stage *g, keel_handle_t handle, keel_rights_t rights)
{
    KTEST_EXPECT(CALL(handle_replace, handle, rights, AT(g, handles[0])) == 0);
    return made(g, 0);
}

/* Where `size` bytes cannot be written or read. */
static virt_addr_t bad_pointer(struct user_stage *g, unsigned which)
{
    virt_addr_t bad[BAD_POINTERS] = {USER_NOWHERE(g) - 1, USER_NOWHERE(g), 8, (virt_addr_t)g,
                                     UINT64_MAX};

    return bad[which];
}

static int64_t soon(void)
{
    return (int64_t)(clock_ns() + ANY_MS * NS_PER_MS);
}

/* --- Signals --- */

static keel_signals_t signals_of(struct user_stage *g, keel_handle_t handle)
{
    keel_signals_t signals = 0;

    (void)CALL(object_wait_one, handle, 0, 0, AT(g, text));
    get(AT(g, text), &signals, sizeof(signals));
    return signals;
}

KTEST(user_signals_objects)
{
    keel_handle_t event, port, one, other;
    struct user_stage g;

    KTEST_REQUIRE(user_stage_open(&g));
    event = make_event(&g);
    KTEST_EXPECT(CALL(object_signal, event, 0, U0 | KEEL_EVENT_SIGNALED) == 0);
    KTEST_EXPECT(signals_of(&g, event) == (U0 | KEEL_EVENT_SIGNALED));
    KTEST_EXPECT(CALL(object_signal, event, U0, U1) == 0);
    KTEST_EXPECT(signals_of(&g, event) == (U1 | KEEL_EVENT_SIGNALED));
    KTEST_EXPECT(CALL(object_signal, event, 0, KEEL_OBJECT_READABLE) == -EINVAL);
    KTEST_EXPECT(CALL(object_signal_peer, event, 0, U0) == -EACCES);
    KTEST_EXPECT(CALL(object_signal, 0, 0, U0) == -EBADF);
    port = make_port(&g);
    KTEST_EXPECT(CALL(object_signal, port, 0, U0) == -EACCES);
    event = with_rights(&g, event, KEEL_RIGHT_WAIT);
    KTEST_EXPECT(CALL(object_signal, event, 0, U0) == -EACCES);
    KTEST_EXPECT(CALL(eventpair_create, 1, AT(&g, handles[0]), AT(&g, handles[1])) == -EINVAL);
    KTEST_EXPECT(CALL(eventpair_create, 0, AT(&g, handles[0]), AT(&g, handles[1])) == 0);
    one = made(&g, 0);
    other = made(&g, 1);
    KTEST_EXPECT(CALL(object_signal_peer, one, 0, U0 | KEEL_EVENTPAIR_SIGNALED) == 0);
    KTEST_EXPECT(signals_of(&g, other) == (U0 | KEEL_EVENTPAIR_SIGNALED));
    KTEST_EXPECT(signals_of(&g, one) == 0);
    KTEST_EXPECT(CALL(object_signal_peer, one, 0, KEEL_OBJECT_PEER_CLOSED) == -EINVAL);
    KTEST_EXPECT(CALL(handle_close, other) == 0);
    KTEST_EXPECT(signals_of(&g, one) == KEEL_EVENTPAIR_PEER_CLOSED);
    KTEST_EXPECT(CALL(object_signal_peer, one, 0, U0) == -EPIPE);
    user_stage_close(&g);
}

static void put_items(struct user_stage *g, const keel_handle_t *handles, unsigned count,
                      keel_signals_t signals)
{
    for (unsigned i = 0; i < count; i++) {
        struct keel_wait_item item = {handles[i], signals, 0x5a5a5a5a};

        put(AT(g, items[i]), &item, sizeof(item));
    }
}

static keel_signals_t pending_of(struct user_stage *g, unsigned i)
{
    struct keel_wait_item item;

    get(AT(g, items[i]), &item, sizeof(item));
    return item.pending;
}

KTEST(user_waits_for_many)
{
    keel_handle_t events[KEEL_WAIT_MANY_MAX_ITEMS];
    static const unsigned counts[] = {1, 4, 5, KEEL_WAIT_MANY_MAX_ITEMS};
    struct user_stage g;

    KTEST_REQUIRE(user_stage_open(&g));
    for (unsigned i = 0; i < KEEL_WAIT_MANY_MAX_ITEMS; i++) {
        events[i] = make_event(&g);
    }
    KTEST_EXPECT(CALL(object_wait_many, AT(&g, items), 0, 0) == -ETIMEDOUT);
    KTEST_EXPECT(CALL(object_wait_many, AT(&g, items), 65, 0) == -EINVAL);
    for (unsigned i = 0; i < ARRAY_SIZE(counts); i++) {
        unsigned count = counts[i], last = count - 1;

        put_items(&g, events, count, U0);
        KTEST_EXPECT(CALL(object_wait_many, AT(&g, items), count, 0) == -ETIMEDOUT);
        KTEST_EXPECT(pending_of(&g, 0) == 0 && pending_of(&g, last) == 0);
        KTEST_EXPECT(CALL(object_signal, events[last], 0, U0 | U1) == 0);
        KTEST_EXPECT(CALL(object_wait_many, AT(&g, items), count, soon()) == 0);
        KTEST_EXPECT(pending_of(&g, last) == (U0 | U1));
        KTEST_EXPECT(CALL(object_signal, events[last], U0 | U1, 0) == 0);
        KTEST_EXPECT(count == 1 || pending_of(&g, 0) == 0);
        events[last] = with_rights(&g, events[last], KEEL_RIGHT_SIGNAL);
        put_items(&g, events, count, U0);
        KTEST_EXPECT(CALL(object_wait_many, AT(&g, items), count, 0) == -EACCES);
        KTEST_EXPECT(CALL(handle_close, events[last]) == 0);
        KTEST_EXPECT(CALL(object_wait_many, AT(&g, items), count, 0) == -EBADF);
        events[last] = make_event(&g);
    }
    for (unsigned i = 0; i < BAD_POINTERS; i++) {
        KTEST_EXPECT(CALL(object_wait_many, bad_pointer(&g, i), 3, 0) == -EFAULT);
    }
    user_stage_close(&g);
}

KTEST(user_timers_fire)
{
    keel_handle_t timer;
    struct user_stage g;

    KTEST_REQUIRE(user_stage_open(&g));
    KTEST_EXPECT(CALL(timer_create, 3, 0, AT(&g, handles[0])) == -EINVAL);
    KTEST_EXPECT(CALL(timer_create, 0, 1, AT(&g, handles[0])) == -EINVAL);
    KTEST_EXPECT(
        CALL(timer_create, KEEL_TIMER_SLACK_LATE, KEEL_CLOCK_MONOTONIC, AT(&g, handles[0])) == 0);
    timer = made(&g, 0);
    KTEST_EXPECT(CALL(timer_set, timer, clock_ns() + NS_PER_MS, 0) == 0);
    KTEST_EXPECT(CALL(object_wait_one, timer, KEEL_TIMER_SIGNALED, soon(), AT(&g, text)) == 0);
    KTEST_EXPECT(CALL(timer_set, timer, INT64_MAX, UINT64_MAX) == 0);
    KTEST_EXPECT(signals_of(&g, timer) == 0);
    KTEST_EXPECT(CALL(timer_set, timer, (uint64_t)INT64_MIN, 0) == 0);
    KTEST_EXPECT(signals_of(&g, timer) == KEEL_TIMER_SIGNALED);
    KTEST_EXPECT(CALL(timer_cancel, timer) == 0);
    KTEST_EXPECT(signals_of(&g, timer) == KEEL_TIMER_SIGNALED);
    timer = with_rights(&g, timer, KEEL_RIGHT_WAIT);
    KTEST_EXPECT(CALL(timer_set, timer, 0, 0) == -EACCES);
    KTEST_EXPECT(CALL(timer_cancel, timer) == -EACCES);
    KTEST_EXPECT(CALL(timer_set, make_event(&g), 0, 0) == -ENOTTY);
    user_stage_close(&g);
}

/* --- Ports --- */

static int64_t wait_packet(struct user_stage *g, keel_handle_t port, int64_t deadline,
                           keel_port_packet_t *out)
{
    int64_t err = CALL(port_wait, port, (uint64_t)deadline, AT(g, packet));

    get(AT(g, packet), out, sizeof(*out));
    return err;
}

KTEST(user_ports_queue_packets)
{
    keel_port_packet_t packet = {.key = 7, .type = 99, .status = -5, .user = {{1, 2, 3, 4}}}, back;
    keel_handle_t port;
    struct user_stage g;

    KTEST_REQUIRE(user_stage_open(&g));
    KTEST_EXPECT(CALL(port_create, 1, AT(&g, handles[0])) == -EINVAL);
    port = make_port(&g);
    put(AT(&g, packet), &packet, sizeof(packet));
    KTEST_EXPECT(CALL(port_queue, port, AT(&g, packet)) == 0);
    KTEST_EXPECT(wait_packet(&g, port, soon(), &back) == 0);
    packet.type = KEEL_PKT_TYPE_USER;
    KTEST_EXPECT(memcmp(&packet, &back, sizeof(packet)) == 0);
    KTEST_EXPECT(wait_packet(&g, port, 0, &back) == -ETIMEDOUT);
    KTEST_EXPECT(CALL(port_queue, port, AT(&g, packet)) == 0);
    for (unsigned i = 0; i < BAD_POINTERS; i++) {
        KTEST_EXPECT(CALL(port_wait, port, 0, bad_pointer(&g, i)) == -EFAULT);
        KTEST_EXPECT(CALL(port_queue, port, bad_pointer(&g, i)) == -EFAULT);
    }
    KTEST_EXPECT(wait_packet(&g, port, 0, &back) == 0);
    port = with_rights(&g, port, KEEL_RIGHT_WRITE | KEEL_RIGHT_READ);
    for (unsigned i = 0; i < 4096; i++) {
        KTEST_REQUIRE(CALL(port_queue, port, AT(&g, packet)) == 0);
    }
    KTEST_EXPECT(CALL(port_queue, port, AT(&g, packet)) == -EAGAIN);
    port = with_rights(&g, port, KEEL_RIGHT_WRITE);
    KTEST_EXPECT(CALL(port_wait, port, 0, AT(&g, packet)) == -EACCES);
    user_stage_close(&g);
}

KTEST(user_ports_are_told_of_signals)
{
    keel_handle_t port, event, second;
    keel_port_packet_t packet;
    struct user_stage g;

    KTEST_REQUIRE(user_stage_open(&g));
    port = make_port(&g);
    event = make_event(&g);
    KTEST_EXPECT(CALL(object_wait_async, event, port, 5, U0, 4) == -EINVAL);
    KTEST_EXPECT(CALL(object_wait_async, event, event, 5, U0, 0) == -ENOTTY);
    KTEST_EXPECT(CALL(object_wait_async, port, port, 5, U0, 0) == -EACCES);
    KTEST_EXPECT(CALL(object_wait_async, 0, port, 5, U0, 0) == -EBADF);
    KTEST_EXPECT(CALL(object_wait_async, event, port, 5, U0, 0) == 0);
    KTEST_EXPECT(wait_packet(&g, port, 0, &packet) == -ETIMEDOUT);
    KTEST_EXPECT(CALL(object_signal, event, 0, U0) == 0);
    KTEST_EXPECT(wait_packet(&g, port, soon(), &packet) == 0);
    KTEST_EXPECT(packet.key == 5 && packet.type == KEEL_PKT_TYPE_SIGNAL_ONE &&
                 packet.signal.trigger == U0 && packet.signal.observed == U0 &&
                 packet.signal.timestamp == 0);
    KTEST_EXPECT(CALL(object_wait_async, event, port, 6, U0, KEEL_WAIT_ASYNC_EDGE) == 0);
    KTEST_EXPECT(wait_packet(&g, port, 0, &packet) == -ETIMEDOUT);
    KTEST_EXPECT(CALL(object_wait_async, event, port, 7, U0, KEEL_WAIT_ASYNC_TIMESTAMP) == 0);
    KTEST_EXPECT(wait_packet(&g, port, 0, &packet) == 0 && packet.key == 7 &&
                 packet.signal.timestamp > 0);
    KTEST_EXPECT(CALL(handle_duplicate, event, KEEL_RIGHT_SAME_RIGHTS, AT(&g, handles[1])) == 0);
    second = made(&g, 1);
    KTEST_EXPECT(CALL(port_cancel, port, second, 6) == -ENOENT);
    KTEST_EXPECT(CALL(port_cancel, port, event, 5) == -ENOENT);
    KTEST_EXPECT(CALL(port_cancel, port, 0, 6) == -EBADF);
    KTEST_EXPECT(CALL(port_cancel, port, event, 6) == 0);
    KTEST_EXPECT(CALL(object_wait_async, event, port, 8, U0, 0) == 0);
    KTEST_EXPECT(CALL(port_cancel, port, event, 8) == 0);
    KTEST_EXPECT(wait_packet(&g, port, 0, &packet) == -ETIMEDOUT);
    KTEST_EXPECT(CALL(object_wait_async, event, port, 9, U1, 0) == 0);
    KTEST_EXPECT(CALL(handle_close, event) == 0);
    KTEST_EXPECT(CALL(object_signal, second, 0, U1) == 0);
    KTEST_EXPECT(wait_packet(&g, port, 0, &packet) == -ETIMEDOUT);
    user_stage_close(&g);
}

/* --- Resources, the log, the power --- */

static keel_handle_t enter_root(struct user_stage *g)
{
    struct object *root;

    KTEST_EXPECT(resource_create_root(&root) == 0);
    return user_stage_enter(g, root, KEEL_DEFAULT_RESOURCE_RIGHTS);
}

static int64_t make_resource(struct user_stage *g, keel_handle_t parent, uint32_t options,
                             uint64_t base, uint64_t size)
{
    return CALL(resource_create, parent, options, base, size, AT(g, name), AT(g, handles[0]));
}

KTEST(user_resources_are_handed_on)
{
    keel_handle_t root, part;
    struct user_stage g;

    KTEST_REQUIRE(user_stage_open(&g));
    root = enter_root(&g);
    put(AT(&g, name), "a name of 32 bytes without a 0..", KEEL_RSRC_NAME_MAX);
    KTEST_EXPECT(make_resource(&g, root, KEEL_RSRC_KIND_ROOT, 0, 1) == -EINVAL);
    KTEST_EXPECT(make_resource(&g, root, 0x20000, 0, 1) == -EINVAL);
    KTEST_EXPECT(make_resource(&g, root, KEEL_RSRC_KIND_IRQ, 10, 0) == -EINVAL);
    KTEST_EXPECT(make_resource(&g, root, KEEL_RSRC_KIND_IRQ | KEEL_RSRC_FLAG_EXCLUSIVE, 10, 5) ==
                 0);
    part = made(&g, 0);
    KTEST_EXPECT(make_resource(&g, root, KEEL_RSRC_KIND_IRQ, 14, 1) == -EBUSY);
    KTEST_EXPECT(make_resource(&g, part, KEEL_RSRC_KIND_IRQ, 14, 2) == -ERANGE);
    KTEST_EXPECT(make_resource(&g, part, KEEL_RSRC_KIND_MMIO, 14, 1) == -ENOTTY);
    KTEST_EXPECT(make_resource(&g, part, KEEL_RSRC_KIND_IRQ, 14, 1) == 0);
    KTEST_EXPECT(make_resource(&g, make_event(&g), KEEL_RSRC_KIND_IRQ, 14, 1) == -ENOTTY);
    part = with_rights(&g, part, KEEL_RIGHT_DUPLICATE);
    KTEST_EXPECT(make_resource(&g, part, KEEL_RSRC_KIND_IRQ, 14, 1) == -EACCES);
    for (unsigned i = 0; i < BAD_POINTERS; i++) {
        KTEST_EXPECT(CALL(resource_create, root, KEEL_RSRC_KIND_IRQ, 1, 1, bad_pointer(&g, i),
                          AT(&g, handles[0])) == -EFAULT);
        KTEST_EXPECT(CALL(resource_create, root, KEEL_RSRC_KIND_IRQ, 1, 1, AT(&g, name),
                          bad_pointer(&g, i)) == -EFAULT);
    }
    user_stage_close(&g);
}

KTEST(user_power_needs_its_resource)
{
    keel_handle_t root;
    struct user_stage g;

    KTEST_REQUIRE(user_stage_open(&g));
    root = enter_root(&g);
    KTEST_EXPECT(CALL(system_powerctl, root, 0, 0) == -EINVAL);
    KTEST_EXPECT(CALL(system_powerctl, root, KEEL_SYSTEM_POWERCTL_SHUTDOWN, 256) == -EINVAL);
    KTEST_EXPECT(CALL(system_powerctl, root, KEEL_SYSTEM_POWERCTL_SHUTDOWN, (uint64_t)-1) ==
                 -EINVAL);
    KTEST_EXPECT(make_resource(&g, root, KEEL_RSRC_KIND_IRQ, 0, 100) == 0);
    KTEST_EXPECT(CALL(system_powerctl, made(&g, 0), KEEL_SYSTEM_POWERCTL_SHUTDOWN, 0) == -ENOTTY);
    KTEST_EXPECT(make_resource(&g, root, KEEL_RSRC_KIND_SYSTEM, KEEL_RSRC_SYSTEM_DEBUG_BASE, 1) ==
                 0);
    KTEST_EXPECT(CALL(system_powerctl, made(&g, 0), KEEL_SYSTEM_POWERCTL_SHUTDOWN, 0) == -ERANGE);
    KTEST_EXPECT(CALL(system_powerctl, make_event(&g), KEEL_SYSTEM_POWERCTL_SHUTDOWN, 0) ==
                 -ENOTTY);
    user_stage_close(&g);
}

/* Reads the log up to a record that ends so. */
static bool log_has(struct user_stage *g, keel_handle_t log, const char *end)
{
    keel_log_record_t record;
    size_t length = strlen(end);

    while (CALL(debuglog_read, log, 0, AT(g, record), sizeof(record)) == 0) {
        get(AT(g, record), &record, sizeof(record));
        if (record.datalen >= length &&
            memcmp(record.data + record.datalen - length, end, length) == 0) {
            return true;
        }
    }
    return false;
}

KTEST(user_log_is_written_and_read)
{
    keel_handle_t root, reader, writer;
    struct user_stage g;

    KTEST_REQUIRE(user_stage_open(&g));
    root = enter_root(&g);
    KTEST_EXPECT(CALL(debuglog_create, root, 1, AT(&g, handles[0])) == -EINVAL);
    KTEST_EXPECT(CALL(debuglog_create, root, 0, AT(&g, handles[0])) == 0);
    writer = made(&g, 0);
    KTEST_EXPECT(CALL(debuglog_create, root, KEEL_LOG_FLAG_READABLE, AT(&g, handles[0])) == 0);
    reader = made(&g, 0);
    put(AT(&g, text), "rung\a for dinner\n\n", 18);
    KTEST_EXPECT(CALL(debuglog_write, writer, 0, AT(&g, text), 18) == 0);
    KTEST_EXPECT(log_has(&g, reader, "test: rung? for dinner"));
    KTEST_EXPECT(CALL(debuglog_read, writer, 0, AT(&g, record), 304) == -EACCES);
    KTEST_EXPECT(CALL(debuglog_read, reader, 0, AT(&g, record), 303) == -EINVAL);
    KTEST_EXPECT(CALL(debuglog_write, writer, 0, AT(&g, text), 257) == -EINVAL);
    KTEST_EXPECT(CALL(debuglog_write, writer, 1, AT(&g, text), 1) == -EINVAL);
    KTEST_EXPECT(CALL(debuglog_write, writer, 0, AT(&g, text), 4) == 0);
    for (unsigned i = 0; i < BAD_POINTERS; i++) {
        KTEST_EXPECT(CALL(debuglog_read, reader, 0, bad_pointer(&g, i), 304) == -EFAULT);
        KTEST_EXPECT(CALL(debuglog_write, writer, 0, bad_pointer(&g, i), 5) == -EFAULT);
    }
    KTEST_EXPECT(log_has(&g, reader, "test: rung"));
    writer = with_rights(&g, writer, KEEL_RIGHT_WAIT);
    KTEST_EXPECT(CALL(debuglog_write, writer, 0, AT(&g, text), 4) == -EACCES);
    KTEST_EXPECT(make_resource(&g, root, KEEL_RSRC_KIND_SYSTEM, KEEL_RSRC_SYSTEM_POWER_BASE, 1) ==
                 0);
    KTEST_EXPECT(CALL(debuglog_create, made(&g, 0), 0, AT(&g, handles[0])) == -ERANGE);
    user_stage_close(&g);
}

/* --- No memory --- */

static int64_t try_wait_many(struct user_stage *g, keel_handle_t event, keel_handle_t port)
{
    keel_handle_t handles[5] = {event, event, event, event, event};

    (void)port;
    put_items(g, handles, 5, U0);
    return CALL(object_wait_many, AT(g, items), 5, 0);
}

static int64_t try_wait_async(struct user_stage *g, keel_handle_t event, keel_handle_t port)
{
    (void)g;
    return CALL(object_wait_async, event, port, 1, U0, 0);
}

static int64_t try_queue(struct user_stage *g, keel_handle_t event, keel_handle_t port)
{
    (void)event;
    return CALL(port_queue, port, AT(g, packet));
}

static int64_t try_eventpair(struct user_stage *g, keel_handle_t event, keel_handle_t port)
{
    (void)event, (void)port;
    return CALL(eventpair_create, 0, AT(g, handles[0]), AT(g, handles[1]));
}

static int64_t try_port(struct user_stage *g, keel_handle_t event, keel_handle_t port)
{
    (void)event, (void)port;
    return CALL(port_create, 0, AT(g, handles[0]));
}

static int64_t try_timer(struct user_stage *g, keel_handle_t event, keel_handle_t port)
{
    (void)event, (void)port;
    return CALL(timer_create, 0, 0, AT(g, handles[0]));
}

static int64_t (*const attempts[])(struct user_stage *g, keel_handle_t event,
                                   keel_handle_t port) = {try_wait_many, try_wait_async, try_queue,
                                                          try_eventpair, try_port,       try_timer};

KTEST(user_objects_survive_every_failure)
{
    for (unsigned i = 0; IS_ENABLED(CONFIG_FAULT_INJECT) && i < ARRAY_SIZE(attempts); i++) {
        int64_t result = -ENOMEM;
        unsigned nth = 0;

        while (result == -ENOMEM && nth < 20) {
            keel_handle_t event, port;
            struct user_stage g;

            KTEST_REQUIRE(user_stage_open(&g));
            event = make_event(&g);
            port = make_port(&g);
            alloc_fail_nth(++nth);
            result = attempts[i](&g, event, port);
            alloc_fail_nth(0);
            KTEST_EXPECT(result != -ENOMEM || user_stage_handles(&g) == 2);
            user_stage_close(&g);
        }
        KTEST_EXPECT(nth > 1 && (result == 0 || result == -ETIMEDOUT));
    }
}
