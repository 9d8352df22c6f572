/* SPDX-License-Identifier: MIT */
/* Two things at once, again and again at other distances: closing, moving, killing, waiting. Each round ends in one
 * of the ways it may, and nothing is lost or there twice. */
#include "../objects.h"
#include "workers.h"

#include <keel/interrupt.h>
#include <keel/syscall_numbers.h>

#define ROUNDS  24u
#define FEW     12u /* of those that take a process each */
#define RW      (KEEL_VM_PERM_READ | KEEL_VM_PERM_WRITE)
#define NOBODY  KEEL_HANDLE_INVALID
#define RUNNING INT32_MAX

/* What the other thread does, once told to go. */
struct other {
    int (*act)(const struct other *other);
    keel_handle_t handle, second;
    uint32_t *word, *next;
    uint64_t address;
    unsigned round;
    int go, result;
    struct worker worker;
};

static void act_when_told(uint64_t other_address, uint64_t unused)
{
    struct other *other = (struct other *)other_address;

    (void)unused;
    while (__atomic_load_n(&other->go, __ATOMIC_ACQUIRE) == 0) {
        keel_thread_legacy_yield(0);
    }
    stagger(other->round / 2);
    __atomic_store_n(&other->result, other->act(other), __ATOMIC_RELEASE);
    keel_thread_exit();
}

/* Starts a thread that does something soon. */
static bool start_other(struct other *other, int (*act)(const struct other *other), unsigned round)
{
    other->act = act;
    other->round = round;
    other->go = 0;
    other->result = RUNNING;
    if (!start_worker(&other->worker, act_when_told, (uint64_t)other, 0)) {
        return false;
    }
    __atomic_store_n(&other->go, 1, __ATOMIC_RELEASE);
    stagger(round);
    return true;
}

static int join_other(struct other *other)
{
    join_worker(&other->worker);
    return other->result;
}

static int act_close(const struct other *other)
{
    return keel_handle_close(other->handle);
}

/* --- Closing and moving --- */

UTEST(race_two_close_one_handle)
{
    for (unsigned round = 0; round < ROUNDS; round++) {
        struct ends ends = new_eventpair();
        struct other other = {.handle = ends.other};
        int err;

        REQUIRE(start_other(&other, act_close, round));
        err = keel_handle_close(ends.other);
        EXPECT_EQ(err + join_other(&other), -EBADF);
        EXPECT_EQ(signals_of(ends.one), KEEL_EVENTPAIR_PEER_CLOSED);
        EXPECT_EQ(keel_handle_close(ends.one), 0);
    }
}

static int act_send(const struct other *other)
{
    return keel_channel_write(other->second, 0, NULL, 0, &other->handle, 1);
}

/* Takes the one handle out of a channel, and closes it; how many there were. */
static unsigned drain(keel_handle_t channel)
{
    keel_handle_t got = NOBODY;
    keel_channel_buffer_t buffer = {.handles = &got, .num_handles = 1};
    unsigned count = 0;

    while (keel_channel_read(channel, 0, &buffer) == 0) {
        EXPECT_EQ(keel_handle_close(got), 0);
        buffer.num_handles = 1;
        count++;
    }
    return count;
}

UTEST(race_close_and_transfer)
{
    for (unsigned round = 0; round < ROUNDS; round++) {
        struct ends ends = new_channel(), pair = new_eventpair();
        struct other other = {.handle = pair.other, .second = ends.one};
        int closed, sent;

        REQUIRE(start_other(&other, act_send, round));
        closed = keel_handle_close(pair.other);
        sent = join_other(&other);
        EXPECT((closed == 0 && sent == -EBADF) || (closed == -EBADF && sent == 0));
        EXPECT_EQ(drain(ends.other), sent == 0);
        EXPECT_EQ(signals_of(pair.one), KEEL_EVENTPAIR_PEER_CLOSED);
        EXPECT_EQ(keel_handle_close(pair.one), 0);
        close_ends(ends);
    }
}

UTEST(race_transfer_and_transfer)
{
    for (unsigned round = 0; round < ROUNDS; round++) {
        struct ends ends = new_channel(), away = new_channel();
        keel_handle_t event = new_event();
        struct other other = {.handle = event, .second = ends.one};
        int sent;

        REQUIRE(start_other(&other, act_send, round));
        sent = keel_channel_write(away.one, 0, NULL, 0, &event, 1);
        EXPECT_EQ(sent + join_other(&other), -EBADF);
        EXPECT_EQ(drain(ends.other) + drain(away.other), 1);
        close_ends(ends);
        close_ends(away);
    }
}

/* A failed write puts its handle back: it is there, or it was closed, but never both. */
UTEST(race_close_and_failed_transfer)
{
    for (unsigned round = 0; round < ROUNDS; round++) {
        struct ends ends = new_channel(), pair = new_eventpair();
        struct other other = {.handle = pair.other, .second = ends.one};
        int closed, sent;

        EXPECT_EQ(keel_handle_close(ends.other), 0);
        REQUIRE(start_other(&other, act_send, round));
        closed = keel_handle_close(pair.other);
        sent = join_other(&other);
        EXPECT(sent == -EPIPE || (sent == -EBADF && closed == 0));
        if (closed != 0) {
            EXPECT_EQ(closed, -EBADF);
            EXPECT_EQ(keel_handle_close(pair.other), 0);
        }
        EXPECT_EQ(signals_of(pair.one), KEEL_EVENTPAIR_PEER_CLOSED);
        EXPECT_EQ(keel_handle_close(pair.one), 0);
        EXPECT_EQ(keel_handle_close(ends.one), 0);
    }
}

static int act_wait_one(const struct other *other)
{
    keel_signals_t signals;

    return keel_object_wait_one(other->handle, KEEL_USER_SIGNAL_0, FOREVER, &signals);
}

UTEST(race_transfer_and_wait)
{
    for (unsigned round = 0; round < ROUNDS; round++) {
        struct ends ends = new_channel();
        keel_handle_t event = new_event();
        struct other other = {.handle = event};
        int err;

        REQUIRE(start_other(&other, act_wait_one, round));
        EXPECT_EQ(keel_channel_write(ends.one, 0, NULL, 0, &event, 1), 0);
        err = join_other(&other);
        EXPECT(err == -ECANCELED || err == -EBADF);
        EXPECT_EQ(drain(ends.other), 1);
        close_ends(ends);
    }
}

UTEST(race_replace_and_wait)
{
    for (unsigned round = 0; round < ROUNDS; round++) {
        keel_handle_t event = new_event(), fresh = NOBODY;
        struct other other = {.handle = event};
        int err;

        REQUIRE(start_other(&other, act_wait_one, round));
        EXPECT_EQ(keel_handle_replace(event, ANY_RIGHTS, &fresh), 0);
        err = join_other(&other);
        EXPECT(err == -ECANCELED || err == -EBADF);
        EXPECT_EQ(signals_of(fresh), 0);
        EXPECT_EQ(keel_handle_close(fresh), 0);
    }
}

static int act_duplicate(const struct other *other)
{
    keel_handle_t second = NOBODY;
    int err = keel_handle_duplicate(other->handle, ANY_RIGHTS, &second);

    return err != 0 ? err : keel_handle_close(second);
}

UTEST(race_close_and_duplicate)
{
    for (unsigned round = 0; round < ROUNDS; round++) {
        struct ends pair = new_eventpair();
        struct other other = {.handle = pair.other};
        int err;

        REQUIRE(start_other(&other, act_duplicate, round));
        EXPECT_EQ(keel_handle_close(pair.other), 0);
        err = join_other(&other);
        EXPECT(err == 0 || err == -EBADF);
        EXPECT_EQ(signals_of(pair.one), KEEL_EVENTPAIR_PEER_CLOSED);
        EXPECT_EQ(keel_handle_close(pair.one), 0);
    }
}

/* --- Closing and waiting --- */

static int act_wait_many(const struct other *other)
{
    keel_wait_item_t items[2] = {{other->handle, KEEL_USER_SIGNAL_0, 0},
                                 {other->second, KEEL_USER_SIGNAL_0, 0}};
    int err = keel_object_wait_many(items, 2, FOREVER);

    EXPECT(err == -EBADF || (items[0].pending == 0 && items[1].pending != 0));
    EXPECT(err == -EBADF || (items[1].pending & KEEL_SIGNAL_HANDLE_CLOSED) != 0);
    return err;
}

UTEST(race_close_and_wait_many)
{
    keel_handle_t stays = new_event();

    for (unsigned round = 0; round < ROUNDS; round++) {
        struct other other = {.handle = stays, .second = new_event()};
        int err;

        REQUIRE(start_other(&other, act_wait_many, round));
        EXPECT_EQ(keel_handle_close(other.second), 0);
        err = join_other(&other);
        EXPECT(err == -ECANCELED || err == -EBADF);
    }
    EXPECT_EQ(keel_handle_close(stays), 0);
}

static int act_port_wait(const struct other *other)
{
    keel_port_packet_t packet;

    return keel_port_wait(other->handle, FOREVER, &packet);
}

UTEST(race_close_and_port_wait)
{
    for (unsigned round = 0; round < ROUNDS; round++) {
        struct other other = {.handle = new_port()};
        int err;

        REQUIRE(start_other(&other, act_port_wait, round));
        EXPECT_EQ(keel_handle_close(other.handle), 0);
        err = join_other(&other);
        EXPECT(err == -ECANCELED || err == -EBADF);
    }
}

static int act_call(const struct other *other)
{
    uint32_t request[2] = {0}, reply[2];
    keel_channel_call_args_t args = {.wr_bytes = request,
                                     .wr_num_bytes = sizeof(request),
                                     .rd_bytes = reply,
                                     .rd_num_bytes = sizeof(reply)};

    return keel_channel_call(other->handle, 0, FOREVER, &args);
}

UTEST(race_close_and_call)
{
    for (unsigned round = 0; round < ROUNDS; round++) {
        struct ends ends = new_channel();
        struct other other = {.handle = ends.one};
        int err;

        REQUIRE(start_other(&other, act_call, round));
        EXPECT_EQ(keel_handle_close(ends.one), 0);
        err = join_other(&other);
        EXPECT(err == -ECANCELED || err == -EBADF);
        EXPECT((signals_of(ends.other) & KEEL_CHANNEL_PEER_CLOSED) != 0);
        EXPECT_EQ(keel_handle_close(ends.other), 0);
    }
}

static int act_serve_once(const struct other *other)
{
    uint32_t message[2];
    keel_channel_call_args_t args = {.rd_bytes = message, .rd_num_bytes = sizeof(message)};

    return keel_channel_reply_wait(other->handle, 0, FOREVER, &args);
}

UTEST(race_close_and_reply_wait)
{
    for (unsigned round = 0; round < ROUNDS; round++) {
        struct ends ends = new_channel();
        struct other other = {.handle = ends.other};
        int err;

        REQUIRE(start_other(&other, act_serve_once, round));
        EXPECT_EQ(keel_handle_close(ends.other), 0);
        err = join_other(&other);
        EXPECT(err == -ECANCELED || err == -EBADF);
        EXPECT_EQ(keel_handle_close(ends.one), 0);
    }
}

UTEST(race_peer_close_and_reply_wait)
{
    for (unsigned round = 0; round < ROUNDS; round++) {
        struct ends ends = new_channel();
        struct other other = {.handle = ends.other};

        REQUIRE(start_other(&other, act_serve_once, round));
        EXPECT_EQ(keel_handle_close(ends.one), 0);
        EXPECT_EQ(join_other(&other), -EPIPE);
        EXPECT_EQ(keel_handle_close(ends.other), 0);
    }
}

static int act_interrupt_wait(const struct other *other)
{
    keel_time_t when;

    return keel_interrupt_wait(other->handle, &when);
}

UTEST(race_destroy_and_interrupt_wait)
{
    for (unsigned round = 0; round < ROUNDS; round++) {
        struct other other = {.word = NULL};

        EXPECT_EQ(keel_interrupt_create(NOBODY, 0, KEEL_INTERRUPT_VIRTUAL, &other.handle), 0);
        REQUIRE(start_other(&other, act_interrupt_wait, round));
        EXPECT_EQ(keel_interrupt_destroy(other.handle), 0);
        EXPECT_EQ(join_other(&other), -ECANCELED);
        EXPECT_EQ(keel_handle_close(other.handle), 0);
    }
}

static int act_trigger(const struct other *other)
{
    return keel_interrupt_trigger(other->handle, 0, 5);
}

UTEST(race_trigger_and_unbind)
{
    for (unsigned round = 0; round < ROUNDS; round++) {
        struct other other = {.second = new_port()};
        keel_port_packet_t packet;
        keel_time_t when = 0;

        EXPECT_EQ(keel_interrupt_create(NOBODY, 0, KEEL_INTERRUPT_VIRTUAL, &other.handle), 0);
        EXPECT_EQ(keel_interrupt_bind(other.handle, other.second, 1, KEEL_INTERRUPT_BIND), 0);
        REQUIRE(start_other(&other, act_trigger, round));
        EXPECT_EQ(keel_interrupt_bind(other.handle, other.second, 1, KEEL_INTERRUPT_UNBIND), 0);
        EXPECT_EQ(join_other(&other), 0);
        EXPECT_EQ(keel_port_wait(other.second, 0, &packet), -ETIMEDOUT);
        EXPECT_EQ(keel_interrupt_wait(other.handle, &when), 0);
        EXPECT_EQ(when, 5);
        EXPECT_EQ(keel_handle_close(other.handle), 0);
        EXPECT_EQ(keel_handle_close(other.second), 0);
    }
}

/* --- Signals and packets --- */

static int act_signal(const struct other *other)
{
    return keel_object_signal(other->handle, 0, KEEL_USER_SIGNAL_0);
}

UTEST(race_signal_and_cancel)
{
    keel_handle_t port = new_port();

    for (unsigned round = 0; round < ROUNDS; round++) {
        struct other other = {.handle = new_event()};
        keel_port_packet_t packet;

        EXPECT_EQ(keel_object_wait_async(other.handle, port, round, KEEL_USER_SIGNAL_0, 0), 0);
        REQUIRE(start_other(&other, act_signal, round));
        EXPECT_EQ(keel_port_cancel(port, other.handle, round), 0);
        EXPECT_EQ(join_other(&other), 0);
        EXPECT_EQ(keel_port_wait(port, 0, &packet), -ETIMEDOUT);
        EXPECT_EQ(keel_handle_close(other.handle), 0);
    }
    EXPECT_EQ(keel_handle_close(port), 0);
}

UTEST(race_signal_and_close_of_a_watched_handle)
{
    keel_handle_t port = new_port();

    for (unsigned round = 0; round < ROUNDS; round++) {
        struct other other = {.handle = new_event()};
        keel_handle_t watched = with_rights(other.handle, ANY_RIGHTS);
        keel_port_packet_t packet;
        unsigned packets = 0;

        EXPECT_EQ(keel_object_wait_async(watched, port, round, KEEL_USER_SIGNAL_0, 0), 0);
        REQUIRE(start_other(&other, act_signal, round));
        EXPECT_EQ(keel_handle_close(watched), 0);
        EXPECT_EQ(join_other(&other), 0);
        while (keel_port_wait(port, 0, &packet) == 0) {
            EXPECT_EQ(packet.key, round);
            packets++;
        }
        EXPECT(packets <= 1);
        EXPECT_EQ(keel_handle_close(other.handle), 0);
    }
    EXPECT_EQ(keel_handle_close(port), 0);
}

static int act_close_port(const struct other *other)
{
    return keel_handle_close(other->second);
}

UTEST(race_signal_and_close_of_the_port)
{
    for (unsigned round = 0; round < ROUNDS; round++) {
        struct other other = {.handle = new_event(), .second = new_port()};

        for (unsigned i = 0; i < 8; i++) {
            EXPECT_EQ(keel_object_wait_async(other.handle, other.second, i, KEEL_USER_SIGNAL_0, 0),
                      0);
        }
        REQUIRE(start_other(&other, act_close_port, round));
        EXPECT_EQ(keel_object_signal(other.handle, 0, KEEL_USER_SIGNAL_0), 0);
        EXPECT_EQ(join_other(&other), 0);
        EXPECT_EQ(keel_handle_close(other.handle), 0);
    }
}

/* Each of those who wait gets one. */
UTEST(race_two_wait_at_a_port)
{
    keel_handle_t port = new_port();

    for (unsigned round = 0; round < ROUNDS; round++) {
        struct other first = {.handle = port}, second = {.handle = port};
        keel_port_packet_t packet = {.key = round};

        REQUIRE(start_other(&first, act_port_wait, round));
        REQUIRE(start_other(&second, act_port_wait, round + 1));
        EXPECT_EQ(keel_port_queue(port, &packet), 0);
        EXPECT_EQ(keel_port_queue(port, &packet), 0);
        EXPECT_EQ(join_other(&first), 0);
        EXPECT_EQ(join_other(&second), 0);
        EXPECT_EQ(keel_port_wait(port, 0, &packet), -ETIMEDOUT);
    }
    EXPECT_EQ(keel_handle_close(port), 0);
}

static int act_set_timer(const struct other *other)
{
    return keel_timer_set(other->handle, keel_clock_get_monotonic() + MS / 20, 0);
}

/* However it goes, one that is set far away does not fire, and then one that is set near does. */
UTEST(race_timer_set_and_fire)
{
    for (unsigned round = 0; round < ROUNDS; round++) {
        struct other other = {.handle = new_timer()};
        keel_signals_t signals;

        REQUIRE(start_other(&other, act_set_timer, round));
        EXPECT_EQ(keel_timer_set(other.handle, keel_clock_get_monotonic() + MS / 20, 0), 0);
        EXPECT_EQ(join_other(&other), 0);
        EXPECT_EQ(keel_timer_set(other.handle, FOREVER, 0), 0);
        EXPECT_EQ(signals_of(other.handle), 0);
        EXPECT_EQ(keel_timer_set(other.handle, keel_clock_get_monotonic() + MS / 20, 0), 0);
        EXPECT_EQ(keel_object_wait_one(other.handle, KEEL_TIMER_SIGNALED, FOREVER, &signals), 0);
        EXPECT_EQ(keel_handle_close(other.handle), 0);
    }
}

/* --- Messages --- */

static int act_read(const struct other *other)
{
    uint32_t got = 0;
    keel_channel_buffer_t buffer = {.bytes = &got, .num_bytes = sizeof(got)};
    int err = keel_channel_read(other->handle, 0, &buffer);

    return err == 0 ? (int)got : err;
}

UTEST(race_two_read_one_message)
{
    struct ends ends = new_channel();

    for (unsigned round = 0; round < ROUNDS; round++) {
        struct other other = {.handle = ends.other};
        uint32_t message = 1000 + round;
        int mine;

        EXPECT_EQ(keel_channel_write(ends.one, 0, &message, sizeof(message), NULL, 0), 0);
        REQUIRE(start_other(&other, act_read, round));
        mine = act_read(&other);
        EXPECT_EQ(mine + join_other(&other), (int)message - EAGAIN);
    }
    close_ends(ends);
}

UTEST(race_write_and_close_of_the_reader)
{
    for (unsigned round = 0; round < ROUNDS; round++) {
        struct ends ends = new_channel(), pair = new_eventpair();
        struct other other = {.handle = ends.other};
        int err;

        REQUIRE(start_other(&other, act_close, round));
        err = keel_channel_write(ends.one, 0, "hello", 5, &pair.other, 1);
        EXPECT_EQ(join_other(&other), 0);
        EXPECT(err == 0 || err == -EPIPE);
        if (err != 0) {
            EXPECT_EQ(signals_of(pair.one), 0);
            EXPECT_EQ(keel_handle_close(pair.other), 0);
        }
        EXPECT_EQ(signals_of(pair.one), KEEL_EVENTPAIR_PEER_CLOSED);
        EXPECT_EQ(keel_handle_close(pair.one), 0);
        EXPECT_EQ(keel_handle_close(ends.one), 0);
    }
}

/* Answers to two who call at once come to whom they are for, the later one's first. */
UTEST(race_two_call_through_one_end)
{
    for (unsigned round = 0; round < ROUNDS; round++) {
        struct ends ends = new_channel();
        struct other first = {.handle = ends.one}, second = {.handle = ends.one};
        uint32_t got[2][2];
        keel_signals_t signals;

        REQUIRE(start_other(&first, act_call, round));
        REQUIRE(start_other(&second, act_call, round + 1));
        for (unsigned i = 0; i < 2; i++) {
            keel_channel_buffer_t buffer = {.bytes = got[i], .num_bytes = sizeof(got[i])};

            EXPECT_EQ(keel_object_wait_one(ends.other, KEEL_CHANNEL_READABLE, FOREVER, &signals),
                      0);
            EXPECT_EQ(keel_channel_read(ends.other, 0, &buffer), 0);
        }
        EXPECT(got[0][0] != got[1][0]);
        EXPECT_EQ(keel_channel_write(ends.other, 0, got[1], sizeof(got[1]), NULL, 0), 0);
        EXPECT_EQ(keel_channel_write(ends.other, 0, got[0], sizeof(got[0]), NULL, 0), 0);
        EXPECT_EQ(join_other(&first), 0);
        EXPECT_EQ(join_other(&second), 0);
        EXPECT_EQ(signals_of(ends.one), KEEL_CHANNEL_WRITABLE);
        close_ends(ends);
    }
}

static int act_call_briefly(const struct other *other)
{
    uint32_t request[2] = {0}, reply[2];
    keel_channel_call_args_t args = {.wr_bytes = request,
                                     .wr_num_bytes = sizeof(request),
                                     .rd_bytes = reply,
                                     .rd_num_bytes = sizeof(reply)};

    return keel_channel_call(other->handle, 0, keel_clock_get_monotonic() + MS / 10, &args);
}

/* A reply is taken by who called, or is in the queue when he has given up. */
UTEST(race_reply_and_deadline)
{
    for (unsigned round = 0; round < ROUNDS; round++) {
        struct ends ends = new_channel();
        struct other other = {.handle = ends.one};
        uint32_t got[2];
        keel_channel_buffer_t buffer = {.bytes = got, .num_bytes = sizeof(got)};
        keel_signals_t signals;
        int err;

        REQUIRE(start_other(&other, act_call_briefly, round));
        EXPECT_EQ(keel_object_wait_one(ends.other, KEEL_CHANNEL_READABLE, FOREVER, &signals), 0);
        EXPECT_EQ(keel_channel_read(ends.other, 0, &buffer), 0);
        stagger(round);
        EXPECT_EQ(keel_channel_write(ends.other, 0, got, sizeof(got), NULL, 0), 0);
        err = join_other(&other);
        EXPECT(err == 0 || err == -ETIMEDOUT);
        buffer.num_bytes = sizeof(got);
        EXPECT_EQ(keel_channel_read(ends.one, 0, &buffer), err == 0 ? -EAGAIN : 0);
        close_ends(ends);
    }
}

/* --- Futexes --- */

static int act_futex_wait(const struct other *other)
{
    return keel_futex_wait(other->word, 0, NOBODY, FOREVER);
}

/* Nobody sleeps on when the word was changed before the wake. */
UTEST(race_futex_wait_and_wake)
{
    for (unsigned round = 0; round < ROUNDS; round++) {
        uint32_t word = 0;
        struct other other = {.word = &word};
        int err;

        REQUIRE(start_other(&other, act_futex_wait, round));
        __atomic_store_n(&word, 1, __ATOMIC_SEQ_CST);
        EXPECT_EQ(keel_futex_wake(&word, 1), 0);
        err = join_other(&other);
        EXPECT(err == 0 || err == -EAGAIN);
    }
}

static int act_requeue(const struct other *other)
{
    return keel_futex_requeue(other->word, 0, 1, other->next, UINT32_MAX, NOBODY);
}

/* Whether it was moved first or woken first: a wake at each word reaches it. */
UTEST(race_requeue_and_wake)
{
    for (unsigned round = 0; round < ROUNDS; round++) {
        uint32_t word = 0, next = 0;
        struct other sleeper = {.word = &word}, mover = {.word = &word, .next = &next};
        int err;

        REQUIRE(start_other(&sleeper, act_futex_wait, round));
        __atomic_store_n(&word, 1, __ATOMIC_SEQ_CST);
        REQUIRE(start_other(&mover, act_requeue, round));
        EXPECT_EQ(keel_futex_wake(&word, 1), 0);
        EXPECT_EQ(join_other(&mover), 0);
        EXPECT_EQ(keel_futex_wake(&next, UINT32_MAX), 0);
        err = join_other(&sleeper);
        EXPECT(err == 0 || err == -EAGAIN);
    }
}

static int act_futex_wait_briefly(const struct other *other)
{
    return keel_futex_wait(other->word, 0, NOBODY, keel_clock_get_monotonic() + MS / 10);
}

UTEST(race_requeue_and_deadline)
{
    for (unsigned round = 0; round < ROUNDS; round++) {
        uint32_t word = 0, next = 0;
        struct other sleeper = {.word = &word};

        REQUIRE(start_other(&sleeper, act_futex_wait_briefly, round));
        EXPECT_EQ(keel_futex_requeue(&word, 0, 0, &next, 1, NOBODY), 0);
        EXPECT_EQ(keel_futex_requeue(&next, 0, 0, &word, 1, NOBODY), 0);
        EXPECT_EQ(join_other(&sleeper), -ETIMEDOUT);
        EXPECT_EQ(keel_futex_wake(&next, 1), 0);
    }
}

/* --- Memory --- */

static int act_unmap(const struct other *other)
{
    return keel_vmar_unmap(root_vmar(), other->address, 4 * PAGE);
}

/* The kernel copies to memory that goes meanwhile. */
UTEST(race_unmap_and_copy)
{
    keel_handle_t vmo = new_vmo(4 * PAGE, 0);

    for (unsigned round = 0; round < ROUNDS; round++) {
        struct other other = {.handle = vmo};
        int64_t at = keel_vmar_map(root_vmar(), RW, 0, vmo, 0, 4 * PAGE);
        int err;

        REQUIRE(at > 0);
        other.address = (uint64_t)at;
        REQUIRE(start_other(&other, act_unmap, round));
        err = keel_cprng_draw((void *)at, 256);
        EXPECT(err == 0 || err == -EFAULT);
        err = keel_vmo_read(vmo, (void *)at, 0, 4 * PAGE);
        EXPECT(err == 0 || err == -EFAULT);
        EXPECT_EQ(join_other(&other), 0);
        EXPECT_EQ(keel_vmo_read(vmo, (void *)at, 0, PAGE), -EFAULT);
    }
    EXPECT_EQ(keel_handle_close(vmo), 0);
}

static int act_shrink(const struct other *other)
{
    return keel_vmo_set_size(other->handle, PAGE);
}

UTEST(race_shrink_and_write)
{
    static const char bytes[4 * PAGE] = {1};

    for (unsigned round = 0; round < ROUNDS; round++) {
        struct other other = {.handle = new_vmo(4 * PAGE, KEEL_VMO_RESIZABLE)};
        uint64_t size = 0;
        char last = 1;
        int err;

        REQUIRE(start_other(&other, act_shrink, round));
        err = keel_vmo_write(other.handle, bytes, 0, sizeof(bytes));
        EXPECT(err == 0 || err == -EINVAL);
        EXPECT_EQ(join_other(&other), 0);
        EXPECT_EQ(keel_vmo_get_size(other.handle, &size), 0);
        EXPECT_EQ(size, PAGE);
        EXPECT_EQ(keel_vmo_set_size(other.handle, 4 * PAGE), 0);
        EXPECT_EQ(keel_vmo_read(other.handle, &last, 4 * PAGE - 1, 1), 0);
        EXPECT_EQ(last, 0);
        EXPECT_EQ(keel_handle_close(other.handle), 0);
    }
}

static int act_write_page(const struct other *other)
{
    static const char bytes[PAGE] = {[0] = 7, [PAGE - 1] = 7};

    return keel_vmo_write(other->handle, bytes, 0, sizeof(bytes));
}

/* A copy has the page as it was or as it is, and does not change any more. */
UTEST(race_snapshot_and_write)
{
    for (unsigned round = 0; round < ROUNDS; round++) {
        struct other other = {.handle = new_vmo(PAGE, 0)};
        keel_handle_t copy = NOBODY;
        char before = 9, after = 9;

        REQUIRE(start_other(&other, act_write_page, round));
        EXPECT_EQ(keel_vmo_create_child(other.handle, KEEL_VMO_CHILD_SNAPSHOT, 0, PAGE, &copy), 0);
        EXPECT_EQ(keel_vmo_read(copy, &before, PAGE - 1, 1), 0);
        EXPECT_EQ(join_other(&other), 0);
        EXPECT_EQ(keel_vmo_read(copy, &after, PAGE - 1, 1), 0);
        EXPECT(before == after && (after == 0 || after == 7));
        EXPECT_EQ(keel_handle_close(copy), 0);
        EXPECT_EQ(keel_handle_close(other.handle), 0);
    }
}

static int act_destroy_vmar(const struct other *other)
{
    return keel_vmar_destroy(other->handle);
}

UTEST(race_destroy_and_map)
{
    keel_handle_t vmo = new_vmo(PAGE, 0);

    for (unsigned round = 0; round < ROUNDS; round++) {
        struct other other = {.handle = NOBODY};
        uint64_t base = 0;
        int64_t at;

        EXPECT_EQ(keel_vmar_allocate(root_vmar(), KEEL_VM_CAN_MAP_READ | KEEL_VM_CAN_MAP_WRITE, 0,
                                     8 * PAGE, &other.handle, &base),
                  0);
        REQUIRE(start_other(&other, act_destroy_vmar, round));
        do {
            at = keel_vmar_map(other.handle, RW, 0, vmo, 0, PAGE);
        } while (at > 0);
        EXPECT(at == -EINVAL || at == -ENOMEM);
        EXPECT_EQ(join_other(&other), 0);
        EXPECT_EQ(keel_vmo_read(vmo, (void *)base, 0, 1), -EFAULT);
        EXPECT_EQ(keel_handle_close(other.handle), 0);
    }
    EXPECT_EQ(keel_handle_close(vmo), 0);
}

/* --- Kills --- */

/* A process that makes a call is killed, before it or in it; it ends. */
static void kill_in_call(uint64_t number, const uint64_t argument[6], keel_handle_t handle,
                         unsigned round)
{
    struct child child = new_child(root_job());
    struct child_call call = {.number = number, .result = RUNNING};
    keel_info_process_t info = {0};

    for (unsigned i = 0; i < 6; i++) {
        call.argument[i] = argument[i] == UINT64_MAX ? child.base + CHILD_SECOND : argument[i];
    }
    EXPECT_EQ(start_call(&child, &call, handle), 0);
    if (round % 3 == 0) {
        EXPECT(await_blocked(child.thread));
    } else {
        stagger(round);
    }
    EXPECT_EQ(keel_task_kill(child.process), 0);
    wait_for_end(child.process);
    EXPECT_EQ(
        keel_object_get_info(child.process, KEEL_INFO_PROCESS, &info, sizeof(info), NULL, NULL), 0);
    EXPECT((info.flags & KEEL_INFO_PROCESS_FLAG_KILLED) != 0);
    EXPECT_EQ(result_of(&child), RUNNING);
    end_child(child);
}

#define THERE UINT64_MAX /* an address in the child's own memory */

UTEST(race_kill_and_futex_wait)
{
    for (unsigned round = 0; round < FEW; round++) {
        kill_in_call(KEEL_SYS_futex_wait, (uint64_t[6]){THERE, 0, NOBODY, (uint64_t)FOREVER},
                     NOBODY, round);
    }
}

UTEST(race_kill_and_sleep)
{
    for (unsigned round = 0; round < FEW; round++) {
        kill_in_call(KEEL_SYS_nanosleep, (uint64_t[6]){(uint64_t)FOREVER}, NOBODY, round);
    }
}

UTEST(race_kill_and_wait_one)
{
    for (unsigned round = 0; round < FEW; round++) {
        struct ends pair = new_eventpair();
        keel_signals_t signals;

        kill_in_call(KEEL_SYS_object_wait_one,
                     (uint64_t[6]){0, KEEL_USER_SIGNAL_0, (uint64_t)FOREVER, THERE}, pair.other,
                     round);
        EXPECT_EQ(keel_object_wait_one(pair.one, KEEL_EVENTPAIR_PEER_CLOSED, FOREVER, &signals), 0);
        EXPECT_EQ(keel_handle_close(pair.one), 0);
    }
}

UTEST(race_kill_and_port_wait)
{
    for (unsigned round = 0; round < FEW; round++) {
        kill_in_call(KEEL_SYS_port_wait, (uint64_t[6]){0, (uint64_t)FOREVER, THERE}, new_port(),
                     round);
    }
}

UTEST(race_kill_and_interrupt_wait)
{
    for (unsigned round = 0; round < FEW; round++) {
        keel_handle_t interrupt = NOBODY;

        EXPECT_EQ(keel_interrupt_create(NOBODY, 0, KEEL_INTERRUPT_VIRTUAL, &interrupt), 0);
        kill_in_call(KEEL_SYS_interrupt_wait, (uint64_t[6]){0, THERE}, interrupt, round);
    }
}

/* The server sees the request or not, and the end in any case. */
UTEST(race_kill_and_channel_call)
{
    for (unsigned round = 0; round < FEW; round++) {
        struct ends ends = new_channel();
        struct child child = new_child(root_job());
        struct child_call call = {
            KEEL_SYS_channel_call, {0, 0, (uint64_t)FOREVER, child.base + CHILD_SECOND}, RUNNING};
        keel_channel_call_args_t args = {.wr_bytes = (void *)(child.base + CHILD_SECOND + 256),
                                         .wr_num_bytes = 8};
        uint32_t got[2];
        keel_channel_buffer_t buffer = {.bytes = got, .num_bytes = sizeof(got)};
        keel_signals_t signals;
        int err;

        EXPECT_EQ(keel_vmo_write(child.memory, &args, CHILD_SECOND, sizeof(args)), 0);
        EXPECT_EQ(start_call(&child, &call, ends.other), 0);
        if (round % 3 == 0) {
            EXPECT_EQ(keel_object_wait_one(ends.one, KEEL_CHANNEL_READABLE, FOREVER, &signals), 0);
        } else {
            stagger(round);
        }
        EXPECT_EQ(keel_task_kill(child.process), 0);
        EXPECT_EQ(keel_object_wait_one(ends.one, KEEL_CHANNEL_PEER_CLOSED, FOREVER, &signals), 0);
        err = keel_channel_read(ends.one, 0, &buffer);
        EXPECT(err == 0 || (err == -EPIPE && round % 3 != 0));
        EXPECT_EQ(keel_channel_write(ends.one, 0, got, sizeof(got), NULL, 0), -EPIPE);
        wait_for_end(child.process);
        EXPECT_EQ(result_of(&child), RUNNING);
        end_child(child);
        EXPECT_EQ(keel_handle_close(ends.one), 0);
    }
}

/* Who calls is told that the server is gone. */
UTEST(race_kill_of_the_server_and_call)
{
    for (unsigned round = 0; round < FEW; round++) {
        struct ends ends = new_channel();
        struct other other = {.handle = ends.one};
        struct child child = new_child(root_job());
        struct child_call call = {KEEL_SYS_channel_reply_wait,
                                  {0, 0, (uint64_t)FOREVER, child.base + CHILD_SECOND},
                                  RUNNING};
        keel_channel_call_args_t args = {.rd_bytes = (void *)(child.base + CHILD_SECOND + 256),
                                         .rd_num_bytes = 8};

        EXPECT_EQ(keel_vmo_write(child.memory, &args, CHILD_SECOND, sizeof(args)), 0);
        EXPECT_EQ(start_call(&child, &call, ends.other), 0);
        REQUIRE(start_other(&other, act_call, round));
        EXPECT_EQ(keel_task_kill(child.process), 0);
        EXPECT_EQ(join_other(&other), -EPIPE);
        wait_for_end(child.process);
        end_child(child);
        EXPECT_EQ(keel_handle_close(ends.one), 0);
    }
}

static int act_kill(const struct other *other)
{
    return keel_task_kill(other->handle);
}

/* The handle that goes along is closed in the end, whoever had it. */
UTEST(race_kill_and_start)
{
    for (unsigned round = 0; round < FEW; round++) {
        struct ends pair = new_eventpair();
        struct child child = new_child(root_job());
        struct other other = {.handle = child.process};
        keel_signals_t signals;
        int err;

        REQUIRE(start_other(&other, act_kill, round));
        err = keel_process_start(child.process, child.thread, child.spin, 0, pair.other, 0);
        EXPECT_EQ(join_other(&other), 0);
        EXPECT(err == 0 || err == -ECANCELED);
        wait_for_end(child.process);
        if (err != 0) {
            EXPECT_EQ(signals_of(pair.one), 0);
            EXPECT_EQ(keel_handle_close(pair.other), 0);
        }
        EXPECT_EQ(keel_object_wait_one(pair.one, KEEL_EVENTPAIR_PEER_CLOSED, FOREVER, &signals), 0);
        EXPECT_EQ(keel_handle_close(pair.one), 0);
        end_child(child);
    }
}

UTEST(race_kill_and_exit)
{
    for (unsigned round = 0; round < FEW; round++) {
        struct child child = new_child(root_job());
        keel_info_process_t info = {0};

        EXPECT_EQ(keel_process_start(child.process, child.thread, child.entry, 0, NOBODY, 5), 0);
        stagger(round);
        EXPECT_EQ(keel_task_kill(child.process), 0);
        wait_for_end(child.process);
        EXPECT_EQ(
            keel_object_get_info(child.process, KEEL_INFO_PROCESS, &info, sizeof(info), NULL, NULL),
            0);
        EXPECT((info.flags & KEEL_INFO_PROCESS_FLAG_KILLED) != 0 || info.return_code == 5);
        end_child(child);
    }
}

/* What was made in the job before it was killed ends; nothing is made after. */
UTEST(race_kill_of_a_job_and_process_create)
{
    for (unsigned round = 0; round < FEW; round++) {
        keel_handle_t job = NOBODY, process, vmar;
        struct other other;
        unsigned made = 0;
        int err;

        EXPECT_EQ(keel_job_create(root_job(), 0, &job), 0);
        other = (struct other){.handle = job};
        REQUIRE(start_other(&other, act_kill, round));
        do {
            err = keel_process_create(job, "p", 1, 0, &process, &vmar);
            if (err == 0) {
                EXPECT_EQ(keel_handle_close(vmar), 0);
                EXPECT_EQ(keel_handle_close(process), 0);
            }
        } while (err == 0 && made++ < 100000);
        EXPECT_EQ(err, -ECANCELED);
        EXPECT_EQ(join_other(&other), 0);
        wait_for_end(job);
        EXPECT_EQ(keel_handle_close(job), 0);
    }
}

UTEST(race_kill_of_a_busy_subtree)
{
    for (unsigned round = 0; round < 4; round++) {
        keel_handle_t outer = NOBODY, inner = NOBODY;
        struct child children[3];

        EXPECT_EQ(keel_job_create(root_job(), 0, &outer), 0);
        EXPECT_EQ(keel_job_create(outer, 0, &inner), 0);
        for (unsigned i = 0; i < 3; i++) {
            children[i] = new_child(i == 0 ? outer : inner);
            EXPECT_EQ(keel_process_start(children[i].process, children[i].thread, children[i].spin,
                                         0, NOBODY, 0),
                      0);
        }
        stagger(round);
        EXPECT_EQ(keel_task_kill(outer), 0);
        wait_for_end(outer);
        for (unsigned i = 0; i < 3; i++) {
            wait_for_end(children[i].process);
            end_child(children[i]);
        }
        EXPECT_EQ(keel_handle_close(inner), 0);
        EXPECT_EQ(keel_handle_close(outer), 0);
    }
}

static int act_make_resource(const struct other *other)
{
    struct keel_rsrc_name name = {"race"};
    keel_handle_t part = NOBODY;
    int err =
        keel_resource_create(root_resource(), KEEL_RSRC_KIND_IOPORT | KEEL_RSRC_FLAG_EXCLUSIVE,
                             0x5000, 16, &name, &part);

    (void)other;
    return err != 0 ? err : (int)part;
}

/* One of two who want it gets it. */
UTEST(race_two_want_one_resource)
{
    for (unsigned round = 0; round < ROUNDS; round++) {
        struct other other = {.handle = NOBODY};
        int mine, theirs;

        REQUIRE(start_other(&other, act_make_resource, round));
        mine = act_make_resource(&other);
        theirs = join_other(&other);
        EXPECT((mine == -EBUSY) != (theirs == -EBUSY));
        EXPECT_EQ(keel_handle_close((keel_handle_t)(mine == -EBUSY ? theirs : mine)), 0);
    }
}
