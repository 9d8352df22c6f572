/* SPDX-License-Identifier: MIT */
/* Handles: closing, second ones, rights that only shrink. */
#include "fixtures.h"

UTEST(handle_none_closes)
{
    EXPECT_EQ(keel_handle_close(KEEL_HANDLE_INVALID), 0);
}

UTEST(handle_closes_once)
{
    keel_handle_t event = new_event();

    EXPECT_EQ(keel_handle_close(event), 0);
    EXPECT_EQ(keel_handle_close(event), -EBADF);
}

UTEST(handle_made_up_does_not_close)
{
    EXPECT_EQ(keel_handle_close(BAD_HANDLE), -EBADF);
    EXPECT_EQ(keel_handle_close(1), -EBADF);
    EXPECT_EQ(keel_handle_close(UINT32_MAX), -EBADF);
}

UTEST(handle_low_bits_are_set)
{
    for (unsigned i = 0; i < 300; i++) {
        keel_handle_t event = new_event();

        EXPECT((event & 3) == 3);
        EXPECT_EQ(keel_handle_close(event), 0);
    }
}

/* Its place is used again, under another number. */
UTEST(handle_closed_stays_bad)
{
    keel_handle_t old[64];

    for (unsigned i = 0; i < 64; i++) {
        old[i] = new_event();
        EXPECT_EQ(keel_handle_close(old[i]), 0);
    }
    for (unsigned i = 0; i < 64; i++) {
        keel_handle_t event = new_event();

        for (unsigned k = 0; k < 64; k++) {
            EXPECT_EQ(keel_object_signal(old[k], 0, 0), -EBADF);
        }
        EXPECT_EQ(keel_handle_close(event), 0);
    }
}

UTEST(handle_table_grows)
{
    static keel_handle_t events[3000];

    for (unsigned i = 0; i < 3000; i++) {
        EXPECT_EQ(keel_event_create(0, &events[i]), 0);
    }
    for (unsigned i = 0; i < 3000; i++) {
        EXPECT_EQ(keel_handle_close(events[i]), 0);
    }
}

UTEST(handle_close_many_closes_all)
{
    keel_handle_t events[3] = {new_event(), new_event(), new_event()};

    EXPECT_EQ(keel_handle_close_many(events, 3), 0);
    for (unsigned i = 0; i < 3; i++) {
        EXPECT_EQ(keel_handle_close(events[i]), -EBADF);
    }
}

UTEST(handle_close_many_passes_bad_ones_over)
{
    keel_handle_t events[3] = {new_event(), BAD_HANDLE, new_event()};

    EXPECT_EQ(keel_handle_close_many(events, 3), -EBADF);
    EXPECT_EQ(keel_handle_close(events[0]), -EBADF);
    EXPECT_EQ(keel_handle_close(events[2]), -EBADF);
}

UTEST(handle_close_many_of_none)
{
    EXPECT_EQ(keel_handle_close_many(NULL, 0), 0);
}

UTEST(handle_close_many_has_a_limit)
{
    keel_handle_t handles[65] = {0};

    EXPECT_EQ(keel_handle_close_many(handles, 64), 0);
    EXPECT_EQ(keel_handle_close_many(handles, 65), -EINVAL);
}

UTEST(handle_close_many_closes_nothing_by_a_bad_pointer)
{
    EXPECT_EQ(keel_handle_close_many(NO_POINTER, 1), -EFAULT);
    EXPECT_EQ(keel_handle_close_many(KERNEL_POINTER, 1), -EFAULT);
}

UTEST(handle_duplicate_is_of_the_same_object)
{
    keel_handle_t event = new_event(), second = with_rights(event, ANY_RIGHTS);

    EXPECT(second != event);
    EXPECT_EQ(keel_object_signal(second, 0, KEEL_USER_SIGNAL_3), 0);
    EXPECT_EQ(signals_of(event), KEEL_USER_SIGNAL_3);
    EXPECT_EQ(keel_handle_close(event), 0);
    EXPECT_EQ(signals_of(second), KEEL_USER_SIGNAL_3);
    EXPECT_EQ(keel_handle_close(second), 0);
}

UTEST(handle_duplicate_with_fewer_rights)
{
    keel_handle_t event = new_event(), waiter = with_rights(event, KEEL_RIGHT_WAIT);

    EXPECT_EQ(signals_of(waiter), 0);
    EXPECT_EQ(keel_object_signal(waiter, 0, KEEL_USER_SIGNAL_0), -EACCES);
    EXPECT_EQ(keel_object_signal(event, 0, KEEL_USER_SIGNAL_0), 0);
    EXPECT_EQ(keel_handle_close(waiter), 0);
    EXPECT_EQ(keel_handle_close(event), 0);
}

UTEST(handle_rights_never_grow)
{
    keel_handle_t event = new_event(), third;
    keel_handle_t second = with_rights(event, KEEL_RIGHT_DUPLICATE | KEEL_RIGHT_WAIT);

    EXPECT_EQ(keel_handle_duplicate(second, KEEL_RIGHT_SIGNAL, &third), -EINVAL);
    EXPECT_EQ(keel_handle_duplicate(second, KEEL_RIGHTS_ALL, &third), -EINVAL);
    EXPECT_EQ(keel_handle_replace(second, KEEL_RIGHT_SIGNAL, &third), -EINVAL);
    EXPECT_EQ(signals_of(second), 0);
    EXPECT_EQ(keel_handle_close(second), 0);
    EXPECT_EQ(keel_handle_close(event), 0);
}

UTEST(handle_without_duplicate_has_no_second)
{
    keel_handle_t event = new_event(), third;
    keel_handle_t second = with_rights(event, KEEL_RIGHT_WAIT | KEEL_RIGHT_TRANSFER);

    EXPECT_EQ(keel_handle_duplicate(second, ANY_RIGHTS, &third), -EACCES);
    EXPECT_EQ(keel_handle_close(second), 0);
    EXPECT_EQ(keel_handle_close(event), 0);
}

UTEST(handle_duplicate_of_a_channel_is_refused)
{
    struct ends ends = new_channel();
    keel_handle_t second;

    EXPECT_EQ(keel_handle_duplicate(ends.one, ANY_RIGHTS, &second), -EACCES);
    close_ends(ends);
}

UTEST(handle_duplicate_of_none)
{
    keel_handle_t out;

    EXPECT_EQ(keel_handle_duplicate(KEEL_HANDLE_INVALID, ANY_RIGHTS, &out), -EBADF);
    EXPECT_EQ(keel_handle_duplicate(BAD_HANDLE, ANY_RIGHTS, &out), -EBADF);
}

UTEST(handle_duplicate_to_nowhere_gives_none)
{
    keel_handle_t event = new_event();

    EXPECT_EQ(keel_handle_duplicate(event, ANY_RIGHTS, NO_POINTER), -EFAULT);
    EXPECT_EQ(keel_handle_duplicate(event, ANY_RIGHTS, KERNEL_POINTER), -EFAULT);
    EXPECT_EQ(keel_handle_close(event), 0);
}

UTEST(handle_with_no_rights_can_still_be_closed)
{
    keel_handle_t event = new_event(), bare = with_rights(event, KEEL_RIGHT_NONE);
    keel_signals_t signals;

    EXPECT_EQ(keel_object_wait_one(bare, 0, 0, &signals), -EACCES);
    EXPECT_EQ(keel_handle_close(bare), 0);
    EXPECT_EQ(keel_handle_close(event), 0);
}

UTEST(handle_replace_ends_the_old_one)
{
    keel_handle_t event = new_event(), fresh;

    EXPECT_EQ(keel_handle_replace(event, KEEL_RIGHT_WAIT, &fresh), 0);
    EXPECT(fresh != event);
    EXPECT_EQ(keel_handle_close(event), -EBADF);
    EXPECT_EQ(keel_object_signal(fresh, 0, 0), -EACCES);
    EXPECT_EQ(signals_of(fresh), 0);
    EXPECT_EQ(keel_handle_close(fresh), 0);
}

UTEST(handle_replace_keeps_rights_that_are_asked_for)
{
    keel_handle_t event = new_event(), fresh;

    EXPECT_EQ(keel_handle_replace(event, ANY_RIGHTS, &fresh), 0);
    EXPECT_EQ(keel_object_signal(fresh, 0, KEEL_USER_SIGNAL_1), 0);
    EXPECT_EQ(signals_of(fresh), KEEL_USER_SIGNAL_1);
    EXPECT_EQ(keel_handle_close(fresh), 0);
}

UTEST(handle_replace_to_nowhere_keeps_the_old_one)
{
    keel_handle_t event = new_event();

    EXPECT_EQ(keel_handle_replace(event, ANY_RIGHTS, NO_POINTER), -EFAULT);
    EXPECT_EQ(signals_of(event), 0);
    EXPECT_EQ(keel_handle_close(event), 0);
}

UTEST(handle_replace_of_none)
{
    keel_handle_t fresh;

    EXPECT_EQ(keel_handle_replace(KEEL_HANDLE_INVALID, ANY_RIGHTS, &fresh), -EBADF);
    EXPECT_EQ(keel_handle_replace(BAD_HANDLE, ANY_RIGHTS, &fresh), -EBADF);
}
