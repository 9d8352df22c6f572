/* SPDX-License-Identifier: MIT */
/* Waiting for signals: for one object, for many, and by way of ports. */
#include "fixtures.h"

UTEST(wait_one_finds_what_is_there)
{
    keel_handle_t event = new_event();
    keel_signals_t signals = 0;

    EXPECT_EQ(keel_object_signal(event, 0, KEEL_USER_SIGNAL_0 | KEEL_USER_SIGNAL_1), 0);
    EXPECT_EQ(keel_object_wait_one(event, KEEL_USER_SIGNAL_1, FOREVER, &signals), 0);
    EXPECT_EQ(signals, KEEL_USER_SIGNAL_0 | KEEL_USER_SIGNAL_1);
    EXPECT_EQ(keel_handle_close(event), 0);
}

UTEST(wait_one_gives_up_at_the_deadline)
{
    keel_handle_t event = new_event();
    keel_time_t deadline = keel_clock_get_monotonic() + 3 * MS;
    keel_signals_t signals = 1;

    EXPECT_EQ(keel_object_wait_one(event, KEEL_USER_SIGNAL_0, deadline, &signals), -ETIMEDOUT);
    EXPECT(keel_clock_get_monotonic() >= deadline);
    EXPECT_EQ(signals, 0);
    EXPECT_EQ(keel_handle_close(event), 0);
}

UTEST(wait_one_in_the_past_does_not_wait)
{
    keel_handle_t event = new_event();
    keel_signals_t signals;

    EXPECT_EQ(keel_object_wait_one(event, UINT32_MAX, -1, &signals), -ETIMEDOUT);
    EXPECT_EQ(keel_object_wait_one(event, UINT32_MAX, INT64_MIN, &signals), -ETIMEDOUT);
    EXPECT_EQ(keel_handle_close(event), 0);
}

UTEST(wait_one_for_nothing_lasts_until_the_deadline)
{
    keel_handle_t event = new_event();
    keel_signals_t signals;

    EXPECT_EQ(keel_object_signal(event, 0, KEEL_USER_SIGNAL_ALL), 0);
    EXPECT_EQ(keel_object_wait_one(event, 0, keel_clock_get_monotonic() + MS, &signals),
              -ETIMEDOUT);
    EXPECT_EQ(signals, KEEL_USER_SIGNAL_ALL);
    EXPECT_EQ(keel_handle_close(event), 0);
}

UTEST(wait_one_of_none)
{
    keel_signals_t signals;

    EXPECT_EQ(keel_object_wait_one(0, 1, FOREVER, &signals), -EBADF);
    EXPECT_EQ(keel_object_wait_one(BAD_HANDLE, 1, FOREVER, &signals), -EBADF);
}

/* --- Many --- */

UTEST(wait_many_of_none_sleeps)
{
    keel_time_t deadline = keel_clock_get_monotonic() + 2 * MS;

    EXPECT_EQ(keel_object_wait_many(NULL, 0, deadline), -ETIMEDOUT);
    EXPECT(keel_clock_get_monotonic() >= deadline);
}

UTEST(wait_many_tells_the_signals_of_all)
{
    keel_handle_t events[3] = {new_event(), new_event(), new_event()};
    keel_wait_item_t items[3] = {{events[0], KEEL_USER_SIGNAL_0, 0},
                                 {events[1], KEEL_USER_SIGNAL_0, 0},
                                 {events[2], KEEL_USER_SIGNAL_0, 0}};

    EXPECT_EQ(keel_object_signal(events[0], 0, KEEL_USER_SIGNAL_7), 0);
    EXPECT_EQ(keel_object_signal(events[1], 0, KEEL_USER_SIGNAL_0), 0);
    EXPECT_EQ(keel_object_wait_many(items, 3, FOREVER), 0);
    EXPECT_EQ(items[0].pending, KEEL_USER_SIGNAL_7);
    EXPECT_EQ(items[1].pending, KEEL_USER_SIGNAL_0);
    EXPECT_EQ(items[2].pending, 0);
    EXPECT_EQ(keel_handle_close_many(events, 3), 0);
}

UTEST(wait_many_of_one_object_twice)
{
    keel_handle_t event = new_event();
    keel_wait_item_t items[2] = {{event, KEEL_USER_SIGNAL_0, 0}, {event, KEEL_USER_SIGNAL_1, 0}};

    EXPECT_EQ(keel_object_signal(event, 0, KEEL_USER_SIGNAL_1), 0);
    EXPECT_EQ(keel_object_wait_many(items, 2, FOREVER), 0);
    EXPECT_EQ(items[0].pending, KEEL_USER_SIGNAL_1);
    EXPECT_EQ(items[1].pending, KEEL_USER_SIGNAL_1);
    EXPECT_EQ(keel_handle_close(event), 0);
}

UTEST(wait_many_times_out)
{
    keel_handle_t event = new_event();
    keel_wait_item_t item = {event, KEEL_USER_SIGNAL_0, 99};

    EXPECT_EQ(keel_object_wait_many(&item, 1, keel_clock_get_monotonic() + MS), -ETIMEDOUT);
    EXPECT_EQ(item.pending, 0);
    EXPECT_EQ(keel_handle_close(event), 0);
}

UTEST(wait_many_has_a_limit)
{
    static keel_wait_item_t items[65];
    keel_handle_t event = new_event();

    for (unsigned i = 0; i < 65; i++) {
        items[i] = (keel_wait_item_t){event, KEEL_USER_SIGNAL_0, 0};
    }
    EXPECT_EQ(keel_object_signal(event, 0, KEEL_USER_SIGNAL_0), 0);
    EXPECT_EQ(keel_object_wait_many(items, 64, FOREVER), 0);
    EXPECT_EQ(keel_object_wait_many(items, 65, FOREVER), -EINVAL);
    EXPECT_EQ(keel_handle_close(event), 0);
}

UTEST(wait_many_with_a_bad_one)
{
    keel_handle_t event = new_event(), mute = with_rights(event, KEEL_RIGHT_SIGNAL);
    keel_wait_item_t bad[2] = {{event, 1, 0}, {BAD_HANDLE, 1, 0}};
    keel_wait_item_t forbidden[2] = {{event, 1, 0}, {mute, 1, 0}};

    EXPECT_EQ(keel_object_wait_many(bad, 2, 0), -EBADF);
    EXPECT_EQ(keel_object_wait_many(forbidden, 2, 0), -EACCES);
    EXPECT_EQ(keel_object_wait_many(NO_POINTER, 1, 0), -EFAULT);
    EXPECT_EQ(keel_handle_close(mute), 0);
    EXPECT_EQ(keel_handle_close(event), 0);
}

/* --- Ports --- */

UTEST(port_gives_packets_in_order)
{
    keel_handle_t port = new_port();
    keel_port_packet_t packet = {.type = KEEL_PKT_TYPE_USER};

    for (uint64_t i = 0; i < 10; i++) {
        packet.key = i;
        packet.user.u64[3] = i * i;
        packet.status = -(keel_status_t)i;
        EXPECT_EQ(keel_port_queue(port, &packet), 0);
    }
    for (uint64_t i = 0; i < 10; i++) {
        EXPECT_EQ(keel_port_wait(port, FOREVER, &packet), 0);
        EXPECT(packet.key == i && packet.type == KEEL_PKT_TYPE_USER &&
               packet.user.u64[3] == i * i && packet.status == -(keel_status_t)i);
    }
    EXPECT_EQ(keel_port_wait(port, 0, &packet), -ETIMEDOUT);
    EXPECT_EQ(keel_handle_close(port), 0);
}

UTEST(port_options_are_none)
{
    keel_handle_t port;

    EXPECT_EQ(keel_port_create(1, &port), -EINVAL);
    EXPECT_EQ(keel_port_create(0, NO_POINTER), -EFAULT);
}

UTEST(port_is_bounded)
{
    keel_handle_t port = new_port();
    keel_port_packet_t packet = {.key = 1};
    unsigned queued = 0;

    while (queued < 100000 && keel_port_queue(port, &packet) == 0) {
        queued++;
    }
    EXPECT(queued >= 1024 && queued < 100000);
    EXPECT_EQ(keel_port_queue(port, &packet), -EAGAIN);
    EXPECT_EQ(keel_port_wait(port, 0, &packet), 0);
    EXPECT_EQ(keel_port_queue(port, &packet), 0);
    EXPECT_EQ(keel_handle_close(port), 0);
}

UTEST(port_needs_rights)
{
    keel_handle_t port = new_port();
    keel_handle_t reader = with_rights(port, KEEL_RIGHT_READ);
    keel_handle_t writer = with_rights(port, KEEL_RIGHT_WRITE);
    keel_port_packet_t packet = {0};

    EXPECT_EQ(keel_port_queue(reader, &packet), -EACCES);
    EXPECT_EQ(keel_port_wait(writer, 0, &packet), -EACCES);
    EXPECT_EQ(keel_port_queue(writer, &packet), 0);
    EXPECT_EQ(keel_port_wait(reader, 0, &packet), 0);
    EXPECT_EQ(keel_handle_close(reader), 0);
    EXPECT_EQ(keel_handle_close(writer), 0);
    EXPECT_EQ(keel_handle_close(port), 0);
}

UTEST(port_keeps_the_packet_where_it_cannot_be_given)
{
    keel_handle_t port = new_port();
    keel_port_packet_t packet = {.key = 77};

    EXPECT_EQ(keel_port_queue(port, &packet), 0);
    EXPECT_EQ(keel_port_wait(port, 0, NO_POINTER), -EFAULT);
    EXPECT_EQ(keel_port_wait(port, 0, &packet), 0);
    EXPECT_EQ(packet.key, 77);
    EXPECT_EQ(keel_handle_close(port), 0);
}

/* An event and the port that tells of it. */
struct watch {
    keel_handle_t port, event;
};

static struct watch new_watch(void)
{
    return (struct watch){.port = new_port(), .event = new_event()};
}

static int64_t watch_async(const struct watch *watch, uint32_t options)
{
    return keel_object_wait_async(watch->event, watch->port, 5, KEEL_USER_SIGNAL_0, options);
}

static int64_t raise_event(const struct watch *watch)
{
    return keel_object_signal(watch->event, 0, KEEL_USER_SIGNAL_0);
}

static void end_watch(const struct watch *watch)
{
    EXPECT_EQ(keel_handle_close(watch->event), 0);
    EXPECT_EQ(keel_handle_close(watch->port), 0);
}

UTEST(wait_async_tells_once)
{
    struct watch watch = new_watch();
    keel_port_packet_t packet;

    EXPECT_EQ(watch_async(&watch, 0), 0);
    EXPECT_EQ(keel_port_wait(watch.port, 0, &packet), -ETIMEDOUT);
    EXPECT_EQ(raise_event(&watch), 0);
    EXPECT_EQ(keel_port_wait(watch.port, FOREVER, &packet), 0);
    EXPECT(packet.key == 5 && packet.type == KEEL_PKT_TYPE_SIGNAL_ONE);
    EXPECT(packet.signal.trigger == KEEL_USER_SIGNAL_0 &&
           packet.signal.observed == KEEL_USER_SIGNAL_0 && packet.signal.timestamp == 0);
    EXPECT_EQ(keel_object_signal(watch.event, KEEL_USER_SIGNAL_0, 0), 0);
    EXPECT_EQ(raise_event(&watch), 0);
    EXPECT_EQ(keel_port_wait(watch.port, 0, &packet), -ETIMEDOUT);
    end_watch(&watch);
}

UTEST(wait_async_by_level_tells_what_is_there)
{
    struct watch watch = new_watch();
    keel_port_packet_t packet;

    EXPECT_EQ(raise_event(&watch), 0);
    EXPECT_EQ(watch_async(&watch, 0), 0);
    EXPECT_EQ(keel_port_wait(watch.port, 0, &packet), 0);
    end_watch(&watch);
}

UTEST(wait_async_by_edge_tells_what_comes)
{
    struct watch watch = new_watch();
    keel_port_packet_t packet;

    EXPECT_EQ(raise_event(&watch), 0);
    EXPECT_EQ(watch_async(&watch, KEEL_WAIT_ASYNC_EDGE), 0);
    EXPECT_EQ(keel_port_wait(watch.port, 0, &packet), -ETIMEDOUT);
    EXPECT_EQ(keel_object_signal(watch.event, KEEL_USER_SIGNAL_0, 0), 0);
    EXPECT_EQ(raise_event(&watch), 0);
    EXPECT_EQ(keel_port_wait(watch.port, 0, &packet), 0);
    end_watch(&watch);
}

UTEST(wait_async_with_the_time)
{
    struct watch watch = new_watch();
    keel_time_t before = keel_clock_get_monotonic();
    keel_port_packet_t packet;

    EXPECT_EQ(watch_async(&watch, KEEL_WAIT_ASYNC_TIMESTAMP), 0);
    EXPECT_EQ(raise_event(&watch), 0);
    EXPECT_EQ(keel_port_wait(watch.port, 0, &packet), 0);
    EXPECT(packet.signal.timestamp >= before &&
           packet.signal.timestamp <= keel_clock_get_monotonic());
    end_watch(&watch);
}

UTEST(wait_async_cancelled_tells_nothing)
{
    struct watch watch = new_watch();
    keel_port_packet_t packet;

    EXPECT_EQ(watch_async(&watch, 0), 0);
    EXPECT_EQ(keel_port_cancel(watch.port, watch.event, 6), -ENOENT);
    EXPECT_EQ(keel_port_cancel(watch.port, watch.event, 5), 0);
    EXPECT_EQ(keel_port_cancel(watch.port, watch.event, 5), -ENOENT);
    EXPECT_EQ(raise_event(&watch), 0);
    EXPECT_EQ(keel_port_wait(watch.port, 0, &packet), -ETIMEDOUT);
    end_watch(&watch);
}

UTEST(wait_async_cancel_takes_the_packet_back)
{
    struct watch watch = new_watch();
    keel_port_packet_t packet;

    EXPECT_EQ(raise_event(&watch), 0);
    EXPECT_EQ(watch_async(&watch, 0), 0);
    EXPECT_EQ(keel_port_cancel(watch.port, watch.event, 5), 0);
    EXPECT_EQ(keel_port_wait(watch.port, 0, &packet), -ETIMEDOUT);
    end_watch(&watch);
}

UTEST(wait_async_ends_with_its_handle)
{
    struct watch watch = new_watch();
    keel_handle_t second = with_rights(watch.event, ANY_RIGHTS);
    keel_port_packet_t packet;

    EXPECT_EQ(keel_object_wait_async(second, watch.port, 5, KEEL_USER_SIGNAL_0, 0), 0);
    EXPECT_EQ(keel_handle_close(second), 0);
    EXPECT_EQ(raise_event(&watch), 0);
    EXPECT_EQ(keel_port_wait(watch.port, 0, &packet), -ETIMEDOUT);
    end_watch(&watch);
}

UTEST(wait_async_options_are_known)
{
    struct watch watch = new_watch();

    EXPECT_EQ(keel_object_wait_async(watch.event, watch.port, 5, 1, 4), -EINVAL);
    EXPECT_EQ(keel_object_wait_async(watch.event, watch.event, 5, 1, 0), -ENOTTY);
    EXPECT_EQ(keel_object_wait_async(watch.port, watch.port, 5, 1, 0), -EACCES);
    end_watch(&watch);
}

UTEST(port_closed_with_waits_and_packets)
{
    struct watch watch = new_watch();
    keel_port_packet_t packet = {0};

    for (unsigned i = 0; i < 20; i++) {
        EXPECT_EQ(keel_object_wait_async(watch.event, watch.port, i, KEEL_USER_SIGNAL_0, 0), 0);
        EXPECT_EQ(keel_port_queue(watch.port, &packet), 0);
    }
    EXPECT_EQ(keel_handle_close(watch.port), 0);
    EXPECT_EQ(raise_event(&watch), 0);
    EXPECT_EQ(keel_handle_close(watch.event), 0);
}

/* --- More of ports --- */

UTEST(port_has_room_for_so_many_waits)
{
    keel_handle_t port = new_port(), event = new_event();
    keel_port_packet_t packet;
    unsigned count = 0;
    int err = 0;

    while (count < 1000000 && err == 0) {
        err = keel_object_wait_async(event, port, 1, KEEL_USER_SIGNAL_0, 0);
        count += err == 0;
    }
    EXPECT_EQ(err, -ENOSPC);
    EXPECT(count >= 1024);
    EXPECT_EQ(keel_object_signal(event, 0, KEEL_USER_SIGNAL_0), 0);
    EXPECT_EQ(keel_object_wait_async(event, port, 1, KEEL_USER_SIGNAL_0, 0), -ENOSPC);
    EXPECT_EQ(keel_port_wait(port, 0, &packet), 0);
    EXPECT_EQ(keel_object_wait_async(event, port, 1, KEEL_USER_SIGNAL_0, 0), 0);
    EXPECT_EQ(keel_port_cancel(port, event, 1), 0);
    EXPECT_EQ(keel_port_wait(port, 0, &packet), -ETIMEDOUT);
    EXPECT_EQ(keel_handle_close(event), 0);
    EXPECT_EQ(keel_handle_close(port), 0);
}

UTEST(port_cancel_is_by_handle)
{
    keel_handle_t port = new_port(), event = new_event(), second = with_rights(event, ANY_RIGHTS);
    keel_handle_t reader = with_rights(port, KEEL_RIGHT_READ);
    keel_port_packet_t packet;

    EXPECT_EQ(keel_object_wait_async(event, port, 5, KEEL_USER_SIGNAL_0, 0), 0);
    EXPECT_EQ(keel_port_cancel(port, second, 5), -ENOENT);
    EXPECT_EQ(keel_port_cancel(port, BAD_HANDLE, 5), -EBADF);
    EXPECT_EQ(keel_port_cancel(reader, event, 5), -EACCES);
    EXPECT_EQ(keel_object_signal(event, 0, KEEL_USER_SIGNAL_0), 0);
    EXPECT_EQ(keel_port_wait(port, 0, &packet), 0);
    EXPECT_EQ(keel_port_cancel(port, event, 5), -ENOENT);
    EXPECT_EQ(keel_handle_close_many((keel_handle_t[]){reader, second, event, port}, 4), 0);
}

UTEST(port_packet_is_read)
{
    keel_handle_t port = new_port();

    EXPECT_EQ(keel_port_queue(port, NO_POINTER), -EFAULT);
    EXPECT_EQ(keel_port_queue(port, KERNEL_POINTER), -EFAULT);
    EXPECT_EQ(keel_handle_close(port), 0);
}

UTEST(wait_async_needs_rights)
{
    keel_handle_t port = new_port(), event = new_event();
    keel_handle_t mute = with_rights(event, KEEL_RIGHT_SIGNAL);
    keel_handle_t reader = with_rights(port, KEEL_RIGHT_READ);

    EXPECT_EQ(keel_object_wait_async(mute, port, 1, KEEL_USER_SIGNAL_0, 0), -EACCES);
    EXPECT_EQ(keel_object_wait_async(event, reader, 1, KEEL_USER_SIGNAL_0, 0), -EACCES);
    EXPECT_EQ(keel_object_wait_async(BAD_HANDLE, port, 1, KEEL_USER_SIGNAL_0, 0), -EBADF);
    EXPECT_EQ(keel_object_wait_async(event, port, 1, 0, 0), -EINVAL);
    EXPECT_EQ(keel_handle_close_many((keel_handle_t[]){reader, mute, event, port}, 4), 0);
}

/* Two waits of one object are two packets, in the order in which they were made. */
UTEST(wait_async_of_many_waits)
{
    keel_handle_t port = new_port(), event = new_event();
    keel_port_packet_t packet = {0};

    for (uint64_t i = 0; i < 5; i++) {
        EXPECT_EQ(keel_object_wait_async(event, port, i, KEEL_USER_SIGNAL_ALL, 0), 0);
    }
    EXPECT_EQ(keel_object_signal(event, 0, KEEL_USER_SIGNAL_1 | KEEL_USER_SIGNAL_3), 0);
    for (uint64_t i = 0; i < 5; i++) {
        EXPECT_EQ(keel_port_wait(port, 0, &packet), 0);
        EXPECT_EQ(packet.key, i);
        EXPECT_EQ(packet.signal.trigger, KEEL_USER_SIGNAL_ALL);
        EXPECT_EQ(packet.signal.observed, KEEL_USER_SIGNAL_1 | KEEL_USER_SIGNAL_3);
        EXPECT_EQ(packet.signal.count, 1);
    }
    EXPECT_EQ(keel_handle_close(event), 0);
    EXPECT_EQ(keel_handle_close(port), 0);
}

/* One of the signals is there already, another comes. */
UTEST(wait_async_by_edge_of_several)
{
    keel_handle_t port = new_port(), event = new_event();
    keel_port_packet_t packet = {0};

    EXPECT_EQ(keel_object_signal(event, 0, KEEL_USER_SIGNAL_0), 0);
    EXPECT_EQ(keel_object_wait_async(event, port, 5, KEEL_USER_SIGNAL_0 | KEEL_USER_SIGNAL_1,
                                     KEEL_WAIT_ASYNC_EDGE),
              0);
    EXPECT_EQ(keel_object_signal(event, 0, KEEL_USER_SIGNAL_1), 0);
    EXPECT_EQ(keel_port_wait(port, 0, &packet), 0);
    EXPECT_EQ(packet.signal.observed, KEEL_USER_SIGNAL_0 | KEEL_USER_SIGNAL_1);
    EXPECT_EQ(keel_handle_close(event), 0);
    EXPECT_EQ(keel_handle_close(port), 0);
}

UTEST(wait_async_of_a_channel_that_is_full)
{
    struct ends ends = new_channel();
    keel_handle_t port = new_port();
    keel_channel_buffer_t none = {0};
    keel_port_packet_t packet = {0};

    while (keel_channel_write(ends.one, 0, NULL, 0, NULL, 0) == 0) {
    }
    EXPECT_EQ(keel_object_wait_async(ends.one, port, 1, KEEL_CHANNEL_WRITABLE, 0), 0);
    EXPECT_EQ(keel_port_wait(port, 0, &packet), -ETIMEDOUT);
    EXPECT_EQ(keel_channel_read(ends.other, 0, &none), 0);
    EXPECT_EQ(keel_port_wait(port, 0, &packet), 0);
    EXPECT_EQ(packet.signal.observed, KEEL_CHANNEL_WRITABLE);
    EXPECT_EQ(keel_handle_close(port), 0);
    close_ends(ends);
}

UTEST(wait_many_tells_somewhere)
{
    keel_handle_t vmo = new_vmo(PAGE, 0), event = new_event();
    keel_wait_item_t item = {event, KEEL_USER_SIGNAL_0, 0};

    EXPECT_EQ(keel_object_signal(event, 0, KEEL_USER_SIGNAL_0), 0);
    EXPECT_EQ(keel_object_wait_many(KERNEL_POINTER, 1, 0), -EFAULT);
    EXPECT_EQ(keel_object_wait_many(&item, 1, -1), 0);
    EXPECT_EQ(item.pending, KEEL_USER_SIGNAL_0);
    EXPECT_EQ(keel_handle_close(event), 0);
    EXPECT_EQ(keel_handle_close(vmo), 0);
}

UTEST(wait_one_tells_somewhere)
{
    keel_handle_t event = new_event(), mute = with_rights(event, KEEL_RIGHT_SIGNAL);
    keel_signals_t signals;

    EXPECT_EQ(keel_object_signal(event, 0, KEEL_USER_SIGNAL_0), 0);
    EXPECT_EQ(keel_object_wait_one(event, KEEL_USER_SIGNAL_0, 0, NO_POINTER), -EFAULT);
    EXPECT_EQ(keel_object_wait_one(event, KEEL_USER_SIGNAL_0, 0, KERNEL_POINTER), -EFAULT);
    EXPECT_EQ(keel_object_wait_one(mute, KEEL_USER_SIGNAL_0, 0, &signals), -EACCES);
    EXPECT_EQ(keel_handle_close(mute), 0);
    EXPECT_EQ(keel_handle_close(event), 0);
}
