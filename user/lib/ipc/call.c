/* SPDX-License-Identifier: MIT */
/* Calls over channels, with a limit of time. */
#include <keel/call.h>
#include <keel/errno.h>
#include <keel/signals.h>
#include <keel/syscalls.h>

/* When so many nanoseconds from now have passed. */
static keel_time_t deadline_in(keel_duration_t patience)
{
    keel_time_t deadline;

    return __builtin_add_overflow(keel_clock_get_monotonic(), patience, &deadline)
               ? KEEL_TIME_INFINITE
               : deadline;
}

int keel_call(keel_handle_t channel, keel_builder_t *builder, keel_answer_t *answer,
              keel_duration_t patience)
{
    keel_channel_call_args_t args = {
        .wr_bytes = builder->bytes,
        .wr_handles = builder->handles,
        .wr_num_bytes = (uint32_t)builder->size,
        .wr_num_handles = builder->handle_count,
        .rd_bytes = answer->bytes,
        .rd_handles = answer->handles,
        .rd_num_bytes = (uint32_t)answer->size,
        .rd_num_handles = answer->handle_count,
    };
    int err = builder->err;

    if (err == 0) {
        err = keel_channel_call(channel, 0, deadline_in(patience), &args);
    }
    if (err != 0) { /* none, where it was sent */
        (void)keel_handle_close_many(builder->handles, args.wr_num_handles);
    }
    answer->size = args.rd_num_bytes;
    answer->handle_count = args.rd_num_handles;
    return err;
}

int keel_receive(keel_handle_t channel, keel_answer_t *answer, keel_time_t deadline)
{
    keel_channel_buffer_t buffer;
    keel_signals_t observed;
    int err;

    for (;;) {
        buffer = (keel_channel_buffer_t){
            .bytes = answer->bytes,
            .handles = answer->handles,
            .num_bytes = (uint32_t)answer->size,
            .num_handles = answer->handle_count,
        };
        err = keel_channel_read(channel, 0, &buffer);
        if (err != -EAGAIN) {
            answer->size = buffer.num_bytes;
            answer->handle_count = buffer.num_handles;
            return err;
        }
        err = keel_object_wait_one(channel, KEEL_CHANNEL_READABLE | KEEL_CHANNEL_PEER_CLOSED,
                                   deadline, &observed);
        if (err != 0) {
            return err;
        }
    }
}
