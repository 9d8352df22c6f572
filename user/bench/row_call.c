/* SPDX-License-Identifier: MIT */
/* Calls that wait for nobody. */
#include "bench.h"

#include <keel/call_types.h>
#include <keel/errno.h>
#include <keel/syscalls.h>

#define BYTES_MAX 64u

int run_null(struct run *run)
{
    run_begin(run);
    REPEAT(run->operations)
    {
        (void)keel_syscall_test_0();
    }
    run_end(run);
    return 0;
}

int run_clock(struct run *run)
{
    run_begin(run);
    REPEAT(run->operations)
    {
        (void)keel_clock_get_monotonic();
    }
    run_end(run);
    return 0;
}

static int make_event(struct run *run, keel_handle_t *event)
{
    int err = keel_event_create(0, event);

    return err == 0 ? 0 : run_failed(run, err, "no event");
}

int run_dup_close(struct run *run)
{
    keel_handle_t event, second;
    int err = make_event(run, &event);

    if (err != 0) {
        return err;
    }
    run_begin(run);
    REPEAT(run->operations)
    {
        err |= keel_handle_duplicate(event, KEEL_RIGHT_SAME_RIGHTS, &second);
        err |= keel_handle_close(second);
    }
    run_end(run);
    (void)keel_handle_close(event);
    return err == 0 ? 0 : run_failed(run, -EIO, "a call failed");
}

int run_signal(struct run *run)
{
    keel_handle_t event;
    int err = make_event(run, &event);

    if (err != 0) {
        return err;
    }
    run_begin(run);
    REPEAT(run->operations)
    {
        err |= keel_object_signal(event, 0, KEEL_EVENT_SIGNALED);
    }
    run_end(run);
    (void)keel_handle_close(event);
    return err == 0 ? 0 : run_failed(run, -EIO, "a call failed");
}

int run_write_read(struct run *run)
{
    char bytes[BYTES_MAX] = {0};
    keel_channel_buffer_t buffer;
    keel_handle_t ends[2];
    int err = keel_channel_create(0, &ends[0], &ends[1]);

    if (err != 0) {
        return run_failed(run, err, "no channel");
    }
    run_begin(run);
    REPEAT(run->operations)
    {
        err |= keel_channel_write(ends[0], 0, bytes, run->row->sent, NULL, 0);
        buffer = (keel_channel_buffer_t){.bytes = bytes, .num_bytes = BYTES_MAX};
        err |= keel_channel_read(ends[1], 0, &buffer);
    }
    run_end(run);
    (void)keel_handle_close(ends[0]);
    (void)keel_handle_close(ends[1]);
    return err == 0 ? 0 : run_failed(run, -EIO, "a call failed");
}
