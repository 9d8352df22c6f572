/* SPDX-License-Identifier: MIT */
/* Messages out of channels. */
#include "channel_internal.h"

#include <keel/errno.h>

bool channel_fits(const struct message *message, struct channel_room *room)
{
    bool fits = message->size <= room->bytes && message->handle_count <= room->handles;

    *room = (struct channel_room){message->size, message->handle_count};
    return fits;
}

int channel_take(struct channel *channel, struct channel_room *room, bool discard,
                 struct message **out, struct cleanup *cleanup)
{
    struct message *message = channel_oldest(channel);
    bool fits;

    if (!message) {
        return channel->paired.peer->closed ? -EPIPE : -EAGAIN;
    }
    fits = channel_fits(message, room);
    if (fits || discard) {
        *out = channel_dequeue(channel, cleanup);
    }
    return fits ? 0 : -ERANGE;
}

int channel_read(struct channel *channel, struct channel_room *room, bool discard,
                 struct message **out)
{
    struct message *message = NULL;
    struct cleanup cleanup = {0};
    unsigned long irq = spin_lock(channel_lock(channel));
    int err = channel_take(channel, room, discard, &message, &cleanup);

    spin_unlock(channel_lock(channel), irq);
    if (err == 0) {
        *out = message;
    } else if (message) {
        message_destroy(message, &cleanup);
    }
    cleanup_run(&cleanup);
    return err;
}

void channel_unread(struct channel *channel, struct message *message)
{
    struct cleanup cleanup = {0};
    unsigned long irq = spin_lock(channel_lock(channel));
    struct channel_waiter *reader = channel_first_reader(channel);

    if (reader) {
        channel_remove_reader(reader);
        channel_buffer_of(reader)->message = message;
        wait_ops->wake(reader->thread);
        cleanup.woken = true;
    } else {
        channel_enqueue(channel, message, true, &cleanup);
    }
    spin_unlock(channel_lock(channel), irq);
    cleanup_run(&cleanup);
}
