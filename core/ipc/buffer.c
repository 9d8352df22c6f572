/* SPDX-License-Identifier: MIT */
/* Messages in the buffers of threads. */
#include "channel_internal.h"

#include <keel/errno.h>

int ipc_buffer_spell_out(struct ipc_buffer *buffer)
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

void ipc_buffer_take_back(struct ipc_buffer *buffer, bool was_small)
{
    if (was_small && buffer->message) {
        message_free(buffer->message);
        buffer->message = NULL;
    }
}

void ipc_buffer_clear(struct ipc_buffer *buffer)
{
    buffer->message = NULL;
    buffer->size = 0;
}
