/* SPDX-License-Identifier: MIT */
/* Events, event pairs and timers: signals that users set, peers end, or the time brings. */
#include "fixtures.h"

UTEST(event_begins_without_signals)
{
    keel_handle_t event = new_event();

    EXPECT_EQ(signals_of(event), 0);
    EXPECT_EQ(keel_handle_close(event), 0);
}

UTEST(event_options_are_none)
{
    keel_handle_t event;

    EXPECT_EQ(keel_event_create(1, &event), -EINVAL);
    EXPECT_EQ(keel_event_create(UINT32_MAX, &event), -EINVAL);
}

UTEST(event_to_nowhere)
{
    EXPECT_EQ(keel_event_create(0, NO_POINTER), -EFAULT);
    EXPECT_EQ(keel_event_create(0, KERNEL_POINTER), -EFAULT);
    EXPECT_EQ(keel_event_create(0, NULL), -EFAULT);
}

UTEST(event_takes_each_user_signal)
{
    keel_handle_t event = new_event();

    for (unsigned bit = 24; bit < 32; bit++) {
        EXPECT_EQ(keel_object_signal(event, KEEL_USER_SIGNAL_ALL, 1u << bit), 0);
        EXPECT_EQ(signals_of(event), 1u << bit);
    }
    EXPECT_EQ(keel_handle_close(event), 0);
}

UTEST(event_takes_signaled)
{
    keel_handle_t event = new_event();

    EXPECT_EQ(keel_object_signal(event, 0, KEEL_EVENT_SIGNALED), 0);
    EXPECT_EQ(signals_of(event), KEEL_EVENT_SIGNALED);
    EXPECT_EQ(keel_object_signal(event, KEEL_EVENT_SIGNALED, 0), 0);
    EXPECT_EQ(signals_of(event), 0);
    EXPECT_EQ(keel_handle_close(event), 0);
}

UTEST(event_refuses_the_kernels_signals)
{
    keel_handle_t event = new_event();

    EXPECT_EQ(keel_object_signal(event, 0, KEEL_OBJECT_READABLE), -EINVAL);
    EXPECT_EQ(keel_object_signal(event, 0, KEEL_OBJECT_PEER_CLOSED), -EINVAL);
    EXPECT_EQ(keel_object_signal(event, KEEL_OBJECT_WRITABLE, 0), -EINVAL);
    EXPECT_EQ(keel_object_signal(event, 0, KEEL_SIGNAL_HANDLE_CLOSED), -EINVAL);
    EXPECT_EQ(keel_object_signal(event, 0, KEEL_USER_SIGNAL_0 | KEEL_OBJECT_READABLE), -EINVAL);
    EXPECT_EQ(signals_of(event), 0);
    EXPECT_EQ(keel_handle_close(event), 0);
}

UTEST(event_clear_comes_before_set)
{
    keel_handle_t event = new_event();

    EXPECT_EQ(keel_object_signal(event, KEEL_USER_SIGNAL_2, KEEL_USER_SIGNAL_2), 0);
    EXPECT_EQ(signals_of(event), KEEL_USER_SIGNAL_2);
    EXPECT_EQ(keel_handle_close(event), 0);
}

UTEST(event_has_no_peer)
{
    keel_handle_t event = new_event();

    EXPECT(keel_object_signal_peer(event, 0, KEEL_USER_SIGNAL_0) < 0);
    EXPECT_EQ(keel_handle_close(event), 0);
}

/* --- Pairs --- */

UTEST(eventpair_signals_the_other)
{
    struct ends ends = new_eventpair();

    EXPECT_EQ(keel_object_signal_peer(ends.one, 0, KEEL_USER_SIGNAL_5), 0);
    EXPECT_EQ(signals_of(ends.one), 0);
    EXPECT_EQ(signals_of(ends.other), KEEL_USER_SIGNAL_5);
    EXPECT_EQ(keel_object_signal_peer(ends.one, KEEL_USER_SIGNAL_5, KEEL_EVENTPAIR_SIGNALED), 0);
    EXPECT_EQ(signals_of(ends.other), KEEL_EVENTPAIR_SIGNALED);
    close_ends(ends);
}

UTEST(eventpair_sees_the_other_close)
{
    struct ends ends = new_eventpair();

    EXPECT_EQ(keel_handle_close(ends.one), 0);
    EXPECT_EQ(signals_of(ends.other), KEEL_EVENTPAIR_PEER_CLOSED);
    EXPECT_EQ(keel_object_signal_peer(ends.other, 0, KEEL_USER_SIGNAL_0), -EPIPE);
    EXPECT_EQ(keel_handle_close(ends.other), 0);
}

UTEST(eventpair_lives_while_there_is_a_handle)
{
    struct ends ends = new_eventpair();
    keel_handle_t second = with_rights(ends.one, ANY_RIGHTS);

    EXPECT_EQ(keel_handle_close(ends.one), 0);
    EXPECT_EQ(signals_of(ends.other), 0);
    EXPECT_EQ(keel_handle_close(second), 0);
    EXPECT_EQ(signals_of(ends.other), KEEL_EVENTPAIR_PEER_CLOSED);
    EXPECT_EQ(keel_handle_close(ends.other), 0);
}

UTEST(eventpair_peer_needs_a_right)
{
    struct ends ends = new_eventpair();
    keel_handle_t mute = with_rights(ends.one, KEEL_RIGHT_SIGNAL | KEEL_RIGHT_WAIT);

    EXPECT_EQ(keel_object_signal_peer(mute, 0, KEEL_USER_SIGNAL_0), -EACCES);
    EXPECT_EQ(keel_object_signal(mute, 0, KEEL_USER_SIGNAL_0), 0);
    EXPECT_EQ(keel_handle_close(mute), 0);
    close_ends(ends);
}

UTEST(eventpair_options_are_none)
{
    struct ends ends;

    EXPECT_EQ(keel_eventpair_create(1, &ends.one, &ends.other), -EINVAL);
    EXPECT_EQ(keel_eventpair_create(0, &ends.one, NO_POINTER), -EFAULT);
    EXPECT_EQ(keel_eventpair_create(0, NO_POINTER, &ends.other), -EFAULT);
}

/* --- Timers --- */

UTEST(timer_fires_at_its_deadline)
{
    keel_handle_t timer = new_timer();
    keel_time_t deadline = keel_clock_get_monotonic() + 5 * MS;
    keel_signals_t signals = 0;

    EXPECT_EQ(keel_timer_set(timer, deadline, 0), 0);
    EXPECT_EQ(keel_object_wait_one(timer, KEEL_TIMER_SIGNALED, FOREVER, &signals), 0);
    EXPECT(keel_clock_get_monotonic() >= deadline);
    EXPECT_EQ(signals, KEEL_TIMER_SIGNALED);
    EXPECT_EQ(keel_handle_close(timer), 0);
}

UTEST(timer_in_the_past_fires_at_once)
{
    keel_handle_t timer = new_timer();
    keel_signals_t signals;

    EXPECT_EQ(keel_timer_set(timer, 0, 0), 0);
    EXPECT_EQ(keel_object_wait_one(timer, KEEL_TIMER_SIGNALED, FOREVER, &signals), 0);
    EXPECT_EQ(keel_timer_set(timer, KEEL_TIME_INFINITE_PAST, 0), 0);
    EXPECT_EQ(keel_object_wait_one(timer, KEEL_TIMER_SIGNALED, FOREVER, &signals), 0);
    EXPECT_EQ(keel_handle_close(timer), 0);
}

UTEST(timer_set_anew_forgets_the_signal)
{
    keel_handle_t timer = new_timer();
    keel_signals_t signals;

    EXPECT_EQ(keel_timer_set(timer, 0, 0), 0);
    EXPECT_EQ(keel_object_wait_one(timer, KEEL_TIMER_SIGNALED, FOREVER, &signals), 0);
    EXPECT_EQ(keel_timer_set(timer, FOREVER, 0), 0);
    EXPECT_EQ(signals_of(timer), 0);
    EXPECT_EQ(keel_handle_close(timer), 0);
}

/* Unless that came too late, where an emulator stands still. */
UTEST(timer_cancelled_does_not_fire)
{
    keel_handle_t timer = new_timer();
    keel_signals_t signals;
    keel_time_t deadline;

    do {
        deadline = keel_clock_get_monotonic() + 20 * MS;
        EXPECT_EQ(keel_timer_set(timer, deadline, 0), 0);
        EXPECT_EQ(keel_timer_cancel(timer), 0);
    } while (keel_clock_get_monotonic() >= deadline);
    EXPECT_EQ(keel_object_wait_one(timer, KEEL_TIMER_SIGNALED, deadline + 10 * MS, &signals),
              -ETIMEDOUT);
    EXPECT_EQ(signals, 0);
    EXPECT_EQ(keel_timer_cancel(timer), 0);
    EXPECT_EQ(keel_handle_close(timer), 0);
}

UTEST(timer_slack_is_told_at_the_start)
{
    keel_handle_t timer;

    EXPECT_EQ(keel_timer_create(KEEL_TIMER_SLACK_LATE, 0, &timer), 0);
    EXPECT_EQ(keel_timer_set(timer, 0, UINT64_MAX), 0);
    EXPECT_EQ(keel_handle_close(timer), 0);
    EXPECT_EQ(keel_timer_create(3, 0, &timer), -EINVAL);
    EXPECT_EQ(keel_timer_create(0, 7, &timer), -EINVAL);
}

UTEST(timer_closed_is_gone)
{
    keel_handle_t timer = new_timer();

    EXPECT_EQ(keel_timer_set(timer, keel_clock_get_monotonic() + MS, 0), 0);
    EXPECT_EQ(keel_handle_close(timer), 0);
    EXPECT_EQ(keel_timer_set(timer, 0, 0), -EBADF);
    EXPECT_EQ(keel_timer_cancel(timer), -EBADF);
}

UTEST(timer_needs_the_right_to_write)
{
    keel_handle_t timer = new_timer(), waiter = with_rights(timer, KEEL_RIGHT_WAIT);

    EXPECT_EQ(keel_timer_set(waiter, 0, 0), -EACCES);
    EXPECT_EQ(keel_timer_cancel(waiter), -EACCES);
    EXPECT_EQ(keel_handle_close(waiter), 0);
    EXPECT_EQ(keel_handle_close(timer), 0);
}

UTEST(timer_fires_within_its_slack)
{
    static const uint32_t kinds[] = {KEEL_TIMER_SLACK_CENTER, KEEL_TIMER_SLACK_EARLY,
                                     KEEL_TIMER_SLACK_LATE};

    for (unsigned i = 0; i < 3; i++) {
        keel_time_t deadline = keel_clock_get_monotonic() + 6 * MS, slack = 2 * MS;
        keel_time_t earliest = kinds[i] == KEEL_TIMER_SLACK_LATE ? deadline : deadline - slack;
        keel_signals_t signals;
        keel_handle_t timer;

        EXPECT_EQ(keel_timer_create(kinds[i], KEEL_CLOCK_MONOTONIC, &timer), 0);
        EXPECT_EQ(keel_timer_set(timer, deadline, (uint64_t)slack), 0);
        EXPECT_EQ(keel_object_wait_one(timer, KEEL_TIMER_SIGNALED, FOREVER, &signals), 0);
        EXPECT(keel_clock_get_monotonic() >= earliest);
        EXPECT_EQ(keel_handle_close(timer), 0);
    }
}

/* What may be as early as now, is. */
UTEST(timer_with_much_slack_fires_at_once)
{
    keel_signals_t signals = 0;
    keel_handle_t timer;

    EXPECT_EQ(keel_timer_create(KEEL_TIMER_SLACK_EARLY, 0, &timer), 0);
    EXPECT_EQ(keel_timer_set(timer, keel_clock_get_monotonic() + 3600000 * MS, UINT64_MAX), 0);
    EXPECT_EQ(keel_object_wait_one(timer, KEEL_TIMER_SIGNALED, FOREVER, &signals), 0);
    EXPECT_EQ(keel_handle_close(timer), 0);
}

UTEST(timer_never_fires_at_infinity)
{
    keel_handle_t timer;
    keel_signals_t signals;

    for (uint32_t kind = 0; kind < 3; kind++) {
        EXPECT_EQ(keel_timer_create(kind, 0, &timer), 0);
        EXPECT_EQ(keel_timer_set(timer, FOREVER, UINT64_MAX), 0);
        EXPECT_EQ(keel_object_wait_one(timer, KEEL_TIMER_SIGNALED,
                                       keel_clock_get_monotonic() + 2 * MS, &signals),
                  -ETIMEDOUT);
        EXPECT_EQ(signals, 0);
        EXPECT_EQ(keel_handle_close(timer), 0);
    }
}

UTEST(timer_tells_a_port)
{
    keel_handle_t timer = new_timer(), port = new_port();
    keel_port_packet_t packet = {0};

    EXPECT_EQ(keel_object_wait_async(timer, port, 3, KEEL_TIMER_SIGNALED, 0), 0);
    EXPECT_EQ(keel_timer_set(timer, keel_clock_get_monotonic() + MS, 0), 0);
    EXPECT_EQ(keel_port_wait(port, FOREVER, &packet), 0);
    EXPECT(packet.key == 3 && packet.signal.observed == KEEL_TIMER_SIGNALED);
    EXPECT_EQ(keel_handle_close(port), 0);
    EXPECT_EQ(keel_handle_close(timer), 0);
}

UTEST(timer_cancel_leaves_the_signal)
{
    keel_handle_t timer = new_timer();

    EXPECT_EQ(keel_timer_set(timer, 0, 0), 0);
    EXPECT_EQ(signals_of(timer), KEEL_TIMER_SIGNALED);
    EXPECT_EQ(keel_timer_cancel(timer), 0);
    EXPECT_EQ(signals_of(timer), KEEL_TIMER_SIGNALED);
    EXPECT_EQ(keel_object_signal(timer, KEEL_TIMER_SIGNALED, 0), -EINVAL);
    EXPECT_EQ(keel_object_signal(timer, 0, KEEL_USER_SIGNAL_2), 0);
    EXPECT_EQ(signals_of(timer), KEEL_TIMER_SIGNALED | KEEL_USER_SIGNAL_2);
    EXPECT_EQ(keel_handle_close(timer), 0);
}

UTEST(event_needs_the_right_to_signal)
{
    keel_handle_t event = new_event(), waiter = with_rights(event, KEEL_RIGHT_WAIT);

    EXPECT_EQ(keel_object_signal(waiter, 0, KEEL_USER_SIGNAL_0), -EACCES);
    EXPECT_EQ(keel_object_signal(waiter, KEEL_USER_SIGNAL_0, 0), -EACCES);
    EXPECT_EQ(keel_object_signal(BAD_HANDLE, 0, KEEL_USER_SIGNAL_0), -EBADF);
    EXPECT_EQ(signals_of(event), 0);
    EXPECT_EQ(keel_handle_close(waiter), 0);
    EXPECT_EQ(keel_handle_close(event), 0);
}

UTEST(eventpair_refuses_the_kernels_signals)
{
    struct ends ends = new_eventpair();

    EXPECT_EQ(keel_object_signal_peer(ends.one, 0, KEEL_EVENTPAIR_PEER_CLOSED), -EINVAL);
    EXPECT_EQ(keel_object_signal_peer(ends.one, KEEL_OBJECT_READABLE, 0), -EINVAL);
    EXPECT_EQ(signals_of(ends.other), 0);
    close_ends(ends);
}

UTEST(event_peer_is_refused_by_type)
{
    keel_handle_t timer = new_timer();

    EXPECT_EQ(keel_object_signal_peer(timer, 0, KEEL_USER_SIGNAL_0), -EACCES);
    EXPECT_EQ(keel_handle_close(timer), 0);
}

/* Channels have peers, too, and users' signals. */
UTEST(channel_end_signals_the_other)
{
    struct ends ends = new_channel();

    EXPECT_EQ(keel_object_signal_peer(ends.one, 0, KEEL_USER_SIGNAL_6), 0);
    EXPECT_EQ(signals_of(ends.other), KEEL_CHANNEL_WRITABLE | KEEL_USER_SIGNAL_6);
    EXPECT_EQ(keel_object_signal(ends.other, KEEL_USER_SIGNAL_6, 0), 0);
    EXPECT_EQ(keel_object_signal(ends.other, KEEL_CHANNEL_WRITABLE, 0), -EINVAL);
    EXPECT_EQ(keel_handle_close(ends.one), 0);
    EXPECT_EQ(keel_object_signal_peer(ends.other, 0, KEEL_USER_SIGNAL_6), -EPIPE);
    EXPECT_EQ(keel_handle_close(ends.other), 0);
}
