/* SPDX-License-Identifier: MIT */
/* Channels from user space, in one thread: messages, handles in them, limits, what closing brings. */
#include "fixtures.h"

#include <string.h>

#define SMALL 64u

static int write_bytes(keel_handle_t channel, const void *bytes, size_t size)
{
    return keel_channel_write(channel, 0, bytes, size, NULL, 0);
}

static int write_handle(keel_handle_t channel, keel_handle_t handle)
{
    return keel_channel_write(channel, 0, NULL, 0, &handle, 1);
}

/* Reads with room for `size` bytes and `count` handles; what there was in them. */
static int read_into(keel_handle_t channel, void *bytes, uint32_t *size, keel_handle_t *handles,
                     uint32_t *count)
{
    keel_channel_buffer_t buffer = {bytes, handles, *size, *count};
    int err = keel_channel_read(channel, 0, &buffer);

    *size = buffer.num_bytes;
    *count = buffer.num_handles;
    return err;
}

static int read_bytes(keel_handle_t channel, void *bytes, uint32_t *size)
{
    uint32_t count = 0;

    return read_into(channel, bytes, size, NULL, &count);
}

static int read_handle(keel_handle_t channel, keel_handle_t *handle)
{
    uint32_t size = 0, count = 1;

    return read_into(channel, NULL, &size, handle, &count);
}

/* --- Bytes --- */

UTEST(channel_begins_writable)
{
    struct ends ends = new_channel();

    EXPECT_EQ(signals_of(ends.one), KEEL_CHANNEL_WRITABLE);
    EXPECT_EQ(signals_of(ends.other), KEEL_CHANNEL_WRITABLE);
    close_ends(ends);
}

UTEST(channel_options_are_none)
{
    struct ends ends;

    EXPECT_EQ(keel_channel_create(1, &ends.one, &ends.other), -EINVAL);
    EXPECT_EQ(keel_channel_create(0, NO_POINTER, &ends.other), -EFAULT);
    EXPECT_EQ(keel_channel_create(0, &ends.one, NO_POINTER), -EFAULT);
}

/* Around where messages stop being small, at pages' ends and at the limit. */
UTEST(channel_carries_every_size)
{
    static const uint32_t sizes[] = {0,    1,    3,    4,    63,   64,    65,    127,  128,
                                     1000, 4095, 4096, 4097, 8192, 30000, 65535, 65536};
    static unsigned char sent[65536], got[65536];
    struct ends ends = new_channel();

    for (unsigned i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
        uint32_t size = sizeof(got);

        memset(sent, (int)i + 1, sizes[i]);
        memset(got, 0, sizeof(got));
        EXPECT_EQ(write_bytes(ends.one, sent, sizes[i]), 0);
        EXPECT_EQ(read_bytes(ends.other, got, &size), 0);
        EXPECT_EQ(size, sizes[i]);
        EXPECT(memcmp(sent, got, sizes[i]) == 0);
        EXPECT(sizes[i] == sizeof(got) || got[sizes[i]] == 0);
    }
    close_ends(ends);
}

UTEST(channel_refuses_what_is_too_long)
{
    static unsigned char bytes[65537];
    struct ends ends = new_channel();

    EXPECT_EQ(write_bytes(ends.one, bytes, sizeof(bytes)), -EINVAL);
    EXPECT_EQ(write_bytes(ends.one, bytes, SIZE_MAX), -EINVAL);
    EXPECT_EQ(signals_of(ends.other), KEEL_CHANNEL_WRITABLE);
    close_ends(ends);
}

UTEST(channel_keeps_the_order)
{
    struct ends ends = new_channel();

    for (uint32_t i = 0; i < 100; i++) {
        EXPECT_EQ(write_bytes(ends.one, &i, sizeof(i)), 0);
    }
    for (uint32_t i = 0; i < 100; i++) {
        uint32_t got, size = sizeof(got);

        EXPECT_EQ(read_bytes(ends.other, &got, &size), 0);
        EXPECT_EQ(got, i);
    }
    close_ends(ends);
}

UTEST(channel_goes_both_ways)
{
    struct ends ends = new_channel();
    char got[2];
    uint32_t size = 1;

    EXPECT_EQ(write_bytes(ends.one, "a", 1), 0);
    EXPECT_EQ(write_bytes(ends.other, "b", 1), 0);
    EXPECT_EQ(read_bytes(ends.one, got, &size), 0);
    EXPECT_EQ(got[0], 'b');
    EXPECT_EQ(read_bytes(ends.other, got, &size), 0);
    EXPECT_EQ(got[0], 'a');
    close_ends(ends);
}

UTEST(channel_is_readable_while_there_is_a_message)
{
    struct ends ends = new_channel();
    uint32_t size = 8;
    char got[8];

    EXPECT_EQ(write_bytes(ends.one, "x", 1), 0);
    EXPECT_EQ(signals_of(ends.other), KEEL_CHANNEL_READABLE | KEEL_CHANNEL_WRITABLE);
    EXPECT_EQ(signals_of(ends.one), KEEL_CHANNEL_WRITABLE);
    EXPECT_EQ(read_bytes(ends.other, got, &size), 0);
    EXPECT_EQ(signals_of(ends.other), KEEL_CHANNEL_WRITABLE);
    close_ends(ends);
}

UTEST(channel_empty_has_nothing_to_read)
{
    struct ends ends = new_channel();
    uint32_t size = 8;
    char got[8];

    EXPECT_EQ(read_bytes(ends.one, got, &size), -EAGAIN);
    close_ends(ends);
}

UTEST(channel_message_stays_where_it_does_not_fit)
{
    struct ends ends = new_channel();
    char got[16];
    uint32_t size = 4;

    EXPECT_EQ(write_bytes(ends.one, "0123456789", 10), 0);
    EXPECT_EQ(read_bytes(ends.other, got, &size), -ERANGE);
    EXPECT_EQ(size, 10);
    EXPECT_EQ(read_bytes(ends.other, got, &size), 0);
    EXPECT(memcmp(got, "0123456789", 10) == 0);
    close_ends(ends);
}

UTEST(channel_message_can_be_thrown_away)
{
    struct ends ends = new_channel();
    char got[4];
    keel_channel_buffer_t buffer = {got, NULL, sizeof(got), 0};

    EXPECT_EQ(write_bytes(ends.one, "0123456789", 10), 0);
    EXPECT_EQ(keel_channel_read(ends.other, KEEL_CHANNEL_READ_MAY_DISCARD, &buffer), -ERANGE);
    EXPECT_EQ(buffer.num_bytes, 10);
    EXPECT_EQ(keel_channel_read(ends.other, 0, &buffer), -EAGAIN);
    close_ends(ends);
}

UTEST(channel_read_options_are_known)
{
    struct ends ends = new_channel();
    keel_channel_buffer_t buffer = {0};

    EXPECT_EQ(keel_channel_read(ends.one, 2, &buffer), -EINVAL);
    EXPECT_EQ(keel_channel_write(ends.one, 1, "a", 1, NULL, 0), -EINVAL);
    close_ends(ends);
}

UTEST(channel_message_stays_where_it_cannot_be_written)
{
    static const uint32_t sizes[] = {1, SMALL, SMALL + 1, 5000};
    static char sent[5000], got[5000];
    struct ends ends = new_channel();

    for (unsigned i = 0; i < 4; i++) {
        uint32_t size = sizeof(got);

        EXPECT_EQ(write_bytes(ends.one, sent, sizes[i]), 0);
        EXPECT_EQ(read_bytes(ends.other, NO_POINTER, &size), -EFAULT);
        size = sizeof(got);
        EXPECT_EQ(read_bytes(ends.other, KERNEL_POINTER, &size), -EFAULT);
        size = sizeof(got);
        EXPECT_EQ(read_bytes(ends.other, got, &size), 0);
        EXPECT_EQ(size, sizes[i]);
    }
    close_ends(ends);
}

UTEST(channel_does_not_take_what_cannot_be_read)
{
    struct ends ends = new_channel();

    EXPECT_EQ(write_bytes(ends.one, NO_POINTER, 1), -EFAULT);
    EXPECT_EQ(write_bytes(ends.one, KERNEL_POINTER, SMALL), -EFAULT);
    EXPECT_EQ(write_bytes(ends.one, NO_POINTER, 5000), -EFAULT);
    EXPECT_EQ(keel_channel_write(ends.one, 0, NULL, 0, NO_POINTER, 1), -EFAULT);
    EXPECT_EQ(signals_of(ends.other), KEEL_CHANNEL_WRITABLE);
    close_ends(ends);
}

UTEST(channel_needs_rights)
{
    struct ends ends = new_channel();
    uint32_t size = 1;
    char got;

    EXPECT_EQ(keel_handle_replace(ends.one, KEEL_RIGHT_READ, &ends.one), 0);
    EXPECT_EQ(write_bytes(ends.one, "a", 1), -EACCES);
    EXPECT_EQ(keel_handle_replace(ends.other, KEEL_RIGHT_WRITE, &ends.other), 0);
    EXPECT_EQ(read_bytes(ends.other, &got, &size), -EACCES);
    EXPECT_EQ(write_bytes(ends.other, "a", 1), 0);
    EXPECT_EQ(read_bytes(ends.one, &got, &size), 0);
    close_ends(ends);
}

/* --- The end --- */

UTEST(channel_tells_that_the_peer_is_gone)
{
    struct ends ends = new_channel();

    EXPECT_EQ(keel_handle_close(ends.one), 0);
    EXPECT_EQ(signals_of(ends.other), KEEL_CHANNEL_PEER_CLOSED);
    EXPECT_EQ(write_bytes(ends.other, "a", 1), -EPIPE);
    EXPECT_EQ(keel_handle_close(ends.other), 0);
}

UTEST(channel_gives_what_was_sent_before_the_end)
{
    struct ends ends = new_channel();
    uint32_t size = 1;
    char got;

    EXPECT_EQ(write_bytes(ends.one, "a", 1), 0);
    EXPECT_EQ(keel_handle_close(ends.one), 0);
    EXPECT_EQ(signals_of(ends.other), KEEL_CHANNEL_READABLE | KEEL_CHANNEL_PEER_CLOSED);
    EXPECT_EQ(read_bytes(ends.other, &got, &size), 0);
    EXPECT_EQ(read_bytes(ends.other, &got, &size), -EPIPE);
    EXPECT_EQ(keel_handle_close(ends.other), 0);
}

UTEST(channel_full_is_not_writable)
{
    struct ends ends = new_channel();
    unsigned sent = 0;
    uint32_t size = 1;
    char got;

    while (sent < 100000 && write_bytes(ends.one, "a", 1) == 0) {
        sent++;
    }
    EXPECT_EQ(sent, KEEL_CHANNEL_QUEUE_MESSAGES);
    EXPECT_EQ(write_bytes(ends.one, "a", 1), -EAGAIN);
    EXPECT_EQ(signals_of(ends.one), 0);
    EXPECT_EQ(read_bytes(ends.other, &got, &size), 0);
    EXPECT_EQ(signals_of(ends.one), KEEL_CHANNEL_WRITABLE);
    EXPECT_EQ(write_bytes(ends.one, "a", 1), 0);
    close_ends(ends);
}

UTEST(channel_is_bounded_in_bytes)
{
    static char bytes[65536];
    struct ends ends = new_channel();
    unsigned sent = 0;

    while (sent < 1000 && write_bytes(ends.one, bytes, sizeof(bytes)) == 0) {
        sent++;
    }
    EXPECT_EQ(sent, KEEL_CHANNEL_QUEUE_BYTES / sizeof(bytes));
    EXPECT_EQ(write_bytes(ends.one, bytes, sizeof(bytes)), -EAGAIN);
    close_ends(ends);
}

/* --- Handles --- */

UTEST(channel_moves_a_handle)
{
    struct ends ends = new_channel();
    keel_handle_t event = new_event(), got;

    EXPECT_EQ(keel_object_signal(event, 0, KEEL_USER_SIGNAL_4), 0);
    EXPECT_EQ(write_handle(ends.one, event), 0);
    EXPECT_EQ(keel_handle_close(event), -EBADF);
    EXPECT_EQ(read_handle(ends.other, &got), 0);
    EXPECT_EQ(signals_of(got), KEEL_USER_SIGNAL_4);
    EXPECT_EQ(keel_handle_close(got), 0);
    close_ends(ends);
}

UTEST(channel_moves_rights_as_they_are)
{
    struct ends ends = new_channel();
    keel_handle_t event = new_event(), got;
    keel_handle_t waiter = with_rights(event, KEEL_RIGHT_TRANSFER | KEEL_RIGHT_WAIT);

    EXPECT_EQ(write_handle(ends.one, waiter), 0);
    EXPECT_EQ(read_handle(ends.other, &got), 0);
    EXPECT_EQ(keel_object_signal(got, 0, 0), -EACCES);
    EXPECT_EQ(signals_of(got), 0);
    EXPECT_EQ(keel_handle_close(got), 0);
    EXPECT_EQ(keel_handle_close(event), 0);
    close_ends(ends);
}

UTEST(channel_moves_as_many_as_it_may)
{
    struct ends ends = new_channel();
    keel_handle_t events[65], got[64];
    uint32_t size = 0, count = 64;

    for (unsigned i = 0; i < 65; i++) {
        events[i] = new_event();
    }
    EXPECT_EQ(keel_channel_write(ends.one, 0, NULL, 0, events, 65), -EINVAL);
    EXPECT_EQ(keel_channel_write(ends.one, 0, NULL, 0, events, 64), 0);
    EXPECT_EQ(read_into(ends.other, NULL, &size, got, &count), 0);
    EXPECT_EQ(count, 64);
    EXPECT_EQ(keel_handle_close_many(got, 64), 0);
    EXPECT_EQ(keel_handle_close(events[64]), 0);
    close_ends(ends);
}

UTEST(channel_takes_all_handles_or_none)
{
    struct ends ends = new_channel();
    keel_handle_t event = new_event(), bare = with_rights(event, KEEL_RIGHT_WAIT);
    keel_handle_t bad[2] = {event, BAD_HANDLE}, twice[2] = {event, event}, fixed[2] = {event, bare};

    EXPECT_EQ(keel_channel_write(ends.one, 0, NULL, 0, bad, 2), -EBADF);
    EXPECT_EQ(keel_channel_write(ends.one, 0, NULL, 0, twice, 2), -EBADF);
    EXPECT_EQ(keel_channel_write(ends.one, 0, NULL, 0, fixed, 2), -EACCES);
    EXPECT_EQ(signals_of(event), 0);
    EXPECT_EQ(signals_of(bare), 0);
    EXPECT_EQ(signals_of(ends.other), KEEL_CHANNEL_WRITABLE);
    EXPECT_EQ(keel_handle_close(bare), 0);
    EXPECT_EQ(keel_handle_close(event), 0);
    close_ends(ends);
}

UTEST(channel_does_not_carry_its_own_end)
{
    struct ends ends = new_channel();

    EXPECT_EQ(write_handle(ends.one, ends.one), -ENOTSUP);
    EXPECT_EQ(write_handle(ends.one, ends.other), -ENOTSUP);
    EXPECT_EQ(signals_of(ends.one), KEEL_CHANNEL_WRITABLE);
    close_ends(ends);
}

UTEST(channel_unread_handles_are_closed)
{
    struct ends ends = new_channel(), inner = new_channel();

    EXPECT_EQ(write_handle(ends.one, inner.one), 0);
    EXPECT_EQ(signals_of(inner.other), KEEL_CHANNEL_WRITABLE);
    EXPECT_EQ(keel_handle_close(ends.other), 0);
    EXPECT_EQ(signals_of(inner.other), KEEL_CHANNEL_PEER_CLOSED);
    EXPECT_EQ(keel_handle_close(inner.other), 0);
    EXPECT_EQ(keel_handle_close(ends.one), 0);
}

UTEST(channel_thrown_away_handles_are_closed)
{
    struct ends ends = new_channel(), inner = new_channel();
    keel_channel_buffer_t none = {0};

    EXPECT_EQ(write_handle(ends.one, inner.one), 0);
    EXPECT_EQ(keel_channel_read(ends.other, 0, &none), -ERANGE);
    EXPECT_EQ(none.num_handles, 1);
    EXPECT_EQ(signals_of(inner.other), KEEL_CHANNEL_WRITABLE);
    none = (keel_channel_buffer_t){0};
    EXPECT_EQ(keel_channel_read(ends.other, KEEL_CHANNEL_READ_MAY_DISCARD, &none), -ERANGE);
    EXPECT_EQ(signals_of(inner.other), KEEL_CHANNEL_PEER_CLOSED);
    EXPECT_EQ(keel_handle_close(inner.other), 0);
    close_ends(ends);
}

UTEST(channel_keeps_handles_that_cannot_be_told)
{
    struct ends ends = new_channel();
    keel_handle_t event = new_event(), got;

    EXPECT_EQ(write_handle(ends.one, event), 0);
    EXPECT_EQ(read_handle(ends.other, NO_POINTER), -EFAULT);
    EXPECT_EQ(read_handle(ends.other, &got), 0);
    EXPECT_EQ(signals_of(got), 0);
    EXPECT_EQ(keel_handle_close(got), 0);
    close_ends(ends);
}

UTEST(channel_failed_write_keeps_the_handles)
{
    struct ends ends = new_channel();
    keel_handle_t event = new_event();

    EXPECT_EQ(keel_handle_close(ends.other), 0);
    EXPECT_EQ(write_handle(ends.one, event), -EPIPE);
    EXPECT_EQ(signals_of(event), 0);
    EXPECT_EQ(keel_handle_close(event), 0);
    EXPECT_EQ(keel_handle_close(ends.one), 0);
}

UTEST(channel_waits_through_a_moved_handle_are_over)
{
    struct ends ends = new_channel();
    keel_handle_t event = new_event(), port = new_port(), got;
    keel_port_packet_t packet;

    EXPECT_EQ(keel_object_wait_async(event, port, 1, KEEL_USER_SIGNAL_0, 0), 0);
    EXPECT_EQ(write_handle(ends.one, event), 0);
    EXPECT_EQ(read_handle(ends.other, &got), 0);
    EXPECT_EQ(keel_object_signal(got, 0, KEEL_USER_SIGNAL_0), 0);
    EXPECT_EQ(keel_port_wait(port, 0, &packet), -ETIMEDOUT);
    EXPECT_EQ(keel_handle_close(got), 0);
    EXPECT_EQ(keel_handle_close(port), 0);
    close_ends(ends);
}

/* Each in the one before: closing the first must not take stack for each. */
UTEST(channel_chain_of_channels_is_closed)
{
    struct ends outer = new_channel();
    keel_handle_t first = outer.other, end = outer.one;

    for (unsigned i = 0; i < 5000; i++) {
        struct ends inner = new_channel();

        EXPECT_EQ(write_handle(end, inner.other), 0);
        EXPECT_EQ(keel_handle_close(end), 0);
        end = inner.one;
    }
    EXPECT_EQ(signals_of(end), KEEL_CHANNEL_WRITABLE);
    EXPECT_EQ(keel_handle_close(first), 0);
    EXPECT_EQ(signals_of(end), KEEL_CHANNEL_PEER_CLOSED);
    EXPECT_EQ(keel_handle_close(end), 0);
}

/* --- Calls --- */

UTEST(channel_call_gives_up_at_the_deadline)
{
    struct ends ends = new_channel();
    uint32_t request = 0, reply;
    keel_channel_call_args_t args = {.wr_bytes = &request,
                                     .wr_num_bytes = sizeof(request),
                                     .rd_bytes = &reply,
                                     .rd_num_bytes = sizeof(reply)};

    EXPECT_EQ(keel_channel_call(ends.one, 0, keel_clock_get_monotonic() + MS, &args), -ETIMEDOUT);
    EXPECT_EQ(args.wr_num_bytes, 0);
    EXPECT_EQ(signals_of(ends.other), KEEL_CHANNEL_READABLE | KEEL_CHANNEL_WRITABLE);
    close_ends(ends);
}

UTEST(channel_call_numbers_differ)
{
    struct ends ends = new_channel();
    uint32_t request = 0, reply, numbers[8];

    for (unsigned i = 0; i < 8; i++) {
        keel_channel_call_args_t args = {.wr_bytes = &request,
                                         .wr_num_bytes = sizeof(request),
                                         .rd_bytes = &reply,
                                         .rd_num_bytes = sizeof(reply)};
        uint32_t size = sizeof(numbers[i]);

        EXPECT_EQ(keel_channel_call(ends.one, 0, 0, &args), -ETIMEDOUT);
        EXPECT_EQ(read_bytes(ends.other, &numbers[i], &size), 0);
        for (unsigned k = 0; k < i; k++) {
            EXPECT(numbers[k] != numbers[i]);
        }
    }
    close_ends(ends);
}

UTEST(channel_call_needs_room_for_its_number)
{
    struct ends ends = new_channel();
    keel_channel_call_args_t args = {.wr_bytes = "abc", .wr_num_bytes = 3};

    EXPECT_EQ(keel_channel_call(ends.one, 0, FOREVER, &args), -EINVAL);
    args.wr_num_bytes = 65537;
    EXPECT_EQ(keel_channel_call(ends.one, 0, FOREVER, &args), -EINVAL);
    args = (keel_channel_call_args_t){.wr_bytes = "abcd", .wr_num_bytes = 4, .wr_num_handles = 65};
    EXPECT_EQ(keel_channel_call(ends.one, 0, FOREVER, &args), -EINVAL);
    close_ends(ends);
}

UTEST(channel_call_to_nobody)
{
    struct ends ends = new_channel();
    keel_channel_call_args_t args = {.wr_bytes = "abcd", .wr_num_bytes = 4};

    EXPECT_EQ(keel_handle_close(ends.other), 0);
    EXPECT_EQ(keel_channel_call(ends.one, 0, FOREVER, &args), -EPIPE);
    EXPECT_EQ(args.wr_num_bytes, 4);
    EXPECT_EQ(keel_handle_close(ends.one), 0);
}

UTEST(channel_call_by_bad_pointers_sends_nothing)
{
    struct ends ends = new_channel();
    keel_channel_call_args_t args = {.wr_bytes = NO_POINTER, .wr_num_bytes = 4};

    EXPECT_EQ(keel_channel_call(ends.one, 0, FOREVER, &args), -EFAULT);
    EXPECT_EQ(keel_channel_call(ends.one, 0, FOREVER, NO_POINTER), -EFAULT);
    args = (keel_channel_call_args_t){
        .wr_bytes = "abcd", .wr_num_bytes = 4, .wr_handles = NO_POINTER, .wr_num_handles = 1};
    EXPECT_EQ(keel_channel_call(ends.one, 0, FOREVER, &args), -EFAULT);
    EXPECT_EQ(signals_of(ends.other), KEEL_CHANNEL_WRITABLE);
    close_ends(ends);
}

UTEST(channel_reply_wait_takes_what_is_there)
{
    struct ends ends = new_channel();
    char got[4];
    keel_channel_call_args_t args = {.rd_bytes = got, .rd_num_bytes = sizeof(got)};

    EXPECT_EQ(write_bytes(ends.one, "abc", 3), 0);
    EXPECT_EQ(keel_channel_reply_wait(ends.other, 0, FOREVER, &args), 0);
    EXPECT_EQ(args.rd_num_bytes, 3);
    EXPECT(memcmp(got, "abc", 3) == 0);
    close_ends(ends);
}

UTEST(channel_reply_wait_replies_and_takes)
{
    struct ends ends = new_channel();
    char got[4];
    uint32_t size = sizeof(got);
    keel_channel_call_args_t args = {
        .wr_bytes = "re", .wr_num_bytes = 2, .rd_bytes = got, .rd_num_bytes = sizeof(got)};

    EXPECT_EQ(write_bytes(ends.one, "abc", 3), 0);
    EXPECT_EQ(keel_channel_reply_wait(ends.other, 0, FOREVER, &args), 0);
    EXPECT_EQ(args.rd_num_bytes, 3);
    EXPECT_EQ(read_bytes(ends.one, got, &size), 0);
    EXPECT(size == 2 && memcmp(got, "re", 2) == 0);
    close_ends(ends);
}

UTEST(channel_reply_wait_gives_up_at_the_deadline)
{
    struct ends ends = new_channel();
    keel_channel_call_args_t args = {0};

    EXPECT_EQ(keel_channel_reply_wait(ends.one, 0, keel_clock_get_monotonic() + MS, &args),
              -ETIMEDOUT);
    close_ends(ends);
}

UTEST(channel_reply_wait_of_a_closed_peer)
{
    struct ends ends = new_channel();
    keel_channel_call_args_t args = {0};

    EXPECT_EQ(keel_handle_close(ends.other), 0);
    EXPECT_EQ(keel_channel_reply_wait(ends.one, 0, FOREVER, &args), -EPIPE);
    EXPECT_EQ(keel_handle_close(ends.one), 0);
}

UTEST(channel_reply_wait_keeps_what_does_not_fit)
{
    struct ends ends = new_channel();
    static char got[100], sent[100];
    keel_channel_call_args_t args = {.rd_bytes = got, .rd_num_bytes = 10};
    uint32_t size = sizeof(got);

    EXPECT_EQ(write_bytes(ends.one, sent, 100), 0);
    EXPECT_EQ(keel_channel_reply_wait(ends.other, 0, FOREVER, &args), -ERANGE);
    EXPECT_EQ(args.rd_num_bytes, 100);
    EXPECT_EQ(read_bytes(ends.other, got, &size), 0);
    EXPECT_EQ(size, 100);
    close_ends(ends);
}
