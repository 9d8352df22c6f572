/* SPDX-License-Identifier: MIT */
/* Messages into channels. */
#include "channel_internal.h"

#include <keel/errno.h>

bool channel_carries_end(const struct channel *channel, const struct message *message)
{
    for (uint32_t i = 0; i < message->handle_count; i++) {
        const struct object *object = message->handles[i].object;

        if (object == &channel->paired.object || object == &channel->paired.peer->object) {
            return true;
        }
    }
    return false;
}

int channel_send(struct channel *channel, struct message *message, struct cleanup *cleanup)
{
    struct channel *peer = channel_peer(channel);

    if (unlikely(peer->paired.closed)) {
        return -EPIPE;
    }
    if (channel_give_caller(peer, message, cleanup) ||
        channel_give_reader(peer, message, cleanup)) {
        return 0;
    }
    if (unlikely(channel_is_full(peer))) {
        return -EAGAIN;
    }
    channel_enqueue(peer, message, false, cleanup);
    return 0;
}

int channel_write(struct channel *channel, struct message *message)
{
    struct cleanup cleanup = {0};
    unsigned long irq;
    int err;

    if (channel_carries_end(channel, message)) {
        return -ENOTSUP;
    }
    irq = spin_lock(channel_lock(channel));
    err = channel_send(channel, message, &cleanup);
    spin_unlock(channel_lock(channel), irq);
    cleanup_run(&cleanup);
    return err;
}
