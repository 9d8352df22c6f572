/* SPDX-License-Identifier: MIT */
/* Messages in the buffers of threads. */
#include "channel_internal.h"

#include <keel/errno.h>
#include <keel/string.h>

/* A small message becomes one with memory of its own. */
static int spell_out(struct ipc_buffer *buffer)
{
    int err;

    if (buffer->message) {
        return 0;
    }
    if (buffer->size > MESSAGE_SMALL_BYTES) {
        return -E2BIG;
    }
    err = message_create(buffer->size, 0, &buffer->message);
    if (err == 0) {
        memcpy(message_data(buffer->message), buffer->bytes, buffer->size);
    }
    return err;
}

/* A message of its own that was not sent is a small one again, if it was. */
static void take_back(struct ipc_buffer *buffer, bool was_small)
{
    if (was_small && buffer->message) {
        message_free(buffer->message);
        buffer->message = NULL;
    }
}

int channel_call_buffer(struct channel *channel, struct ipc_buffer *buffer, uint64_t deadline_ns,
                        uint64_t slack_ns)
{
    bool small = !buffer->message;
    int status = spell_out(buffer);

    buffer->sent = false;
    if (status != 0) {
        return status;
    }
    status = channel_call(channel, buffer->message, deadline_ns, slack_ns, &buffer->sent,
                          &buffer->message);
    if (!buffer->sent) {
        take_back(buffer, small);
    } else if (status != 0) {
        buffer->message = NULL;
        buffer->size = 0;
    } else if (!channel_fits(buffer->message, &buffer->room)) {
        struct cleanup cleanup = {0};

        message_destroy(buffer->message, &cleanup);
        cleanup_run(&cleanup);
        buffer->message = NULL;
        buffer->size = 0;
        return -ERANGE;
    }
    return status;
}

int channel_reply_wait_buffer(struct channel *channel, struct ipc_buffer *buffer,
                              uint64_t deadline_ns, uint64_t slack_ns)
{
    bool small = !buffer->message, replies = !small || buffer->size != 0;
    int status = replies ? spell_out(buffer) : 0;

    buffer->sent = false;
    if (status != 0) {
        return status;
    }
    status = channel_reply_wait(channel, buffer->message, deadline_ns, slack_ns, &buffer->sent,
                                &buffer->room, &buffer->message);
    if (!buffer->sent) {
        take_back(buffer, small);
    } else if (status != 0) {
        buffer->message = NULL;
        buffer->size = 0;
    }
    return status;
}

int channel_write_buffer(struct channel *channel, struct ipc_buffer *buffer)
{
    bool small = !buffer->message;
    int status = spell_out(buffer);

    if (status == 0) {
        status = channel_write(channel, buffer->message);
    }
    buffer->sent = status == 0;
    if (buffer->sent) {
        buffer->message = NULL;
        buffer->size = 0;
    } else {
        take_back(buffer, small);
    }
    return status;
}
