/* SPDX-License-Identifier: MIT */
/* Requests to the console service. */
#include <keel/console.h>
#include <keel/errno.h>
#include <keel/syscalls.h>

int keel_console_request(keel_handle_t console, uint32_t what, uint32_t flags, keel_handle_t *out)
{
    const keel_console_request_t request = {.what = what, .flags = flags};
    keel_console_reply_t reply = {0};
    keel_handle_t handle = KEEL_HANDLE_INVALID;
    keel_channel_call_args_t args = {
        .wr_bytes = &request,
        .wr_num_bytes = sizeof(request),
        .rd_bytes = &reply,
        .rd_handles = &handle,
        .rd_num_bytes = sizeof(reply),
        .rd_num_handles = 1,
    };
    int err = keel_channel_call(console, 0, KEEL_TIME_INFINITE, &args);

    if (err != 0) {
        return err;
    }
    if (out) {
        *out = handle;
    } else if (handle != KEEL_HANDLE_INVALID) {
        keel_handle_close(handle);
    }
    if (args.rd_num_bytes != sizeof(reply)) {
        return -EPROTO;
    }
    return reply.status != 0 ? reply.status : out && !handle ? -EPROTO : 0;
}
