/* SPDX-License-Identifier: MIT */
/* The queue of a channel's end, bounded in messages and bytes, and the signals that tell of it. */
#include "channel_internal.h"

bool channel_is_full(const struct channel *channel)
{
    return channel->message_count >= KEEL_CHANNEL_QUEUE_MESSAGES ||
           channel->byte_count >= KEEL_CHANNEL_QUEUE_BYTES;
}

/* Tells the other end whether it may write, where that has changed. */
static void tell_writer(struct channel *channel, bool was_full, struct cleanup *cleanup)
{
    struct paired *peer = channel->paired.peer;
    bool full = channel_is_full(channel);

    if (full != was_full && !peer->closed && !channel->paired.closed) {
        object_signal_locked(&peer->object, KEEL_CHANNEL_WRITABLE, full ? 0 : KEEL_CHANNEL_WRITABLE,
                             cleanup);
    }
}

void channel_enqueue(struct channel *channel, struct message *message, bool first,
                     struct cleanup *cleanup)
{
    bool was_full = channel_is_full(channel);

    if (first) {
        list_add_head(&channel->messages, &message->node);
    } else {
        list_add_tail(&channel->messages, &message->node);
    }
    channel->message_count++;
    channel->byte_count += message->size;
    object_signal_locked(&channel->paired.object, 0, KEEL_CHANNEL_READABLE, cleanup);
    tell_writer(channel, was_full, cleanup);
}

struct message *channel_dequeue(struct channel *channel, struct cleanup *cleanup)
{
    struct message *message = channel_oldest(channel);
    bool was_full = channel_is_full(channel);

    list_remove(&message->node);
    channel->message_count--;
    channel->byte_count -= message->size;
    if (channel->message_count == 0) {
        object_signal_locked(&channel->paired.object, KEEL_CHANNEL_READABLE, 0, cleanup);
    }
    tell_writer(channel, was_full, cleanup);
    return message;
}
