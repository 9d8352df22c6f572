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

static keel_txid_t txid_in(const struct ipc_buffer *buffer)
{
    if (buffer->message) {
        return message_txid(buffer->message);
    }
    return buffer->size < sizeof(keel_txid_t) ? 0 : buffer->txid;
}

static struct channel_waiter *find_receiver(struct channel *peer, const struct ipc_buffer *buffer,
                                            bool call)
{
    struct channel_waiter *caller = NULL;

    if (!call && (peer->caller || !rb_is_empty(&peer->calls))) {
        caller = channel_find_call(peer, txid_in(buffer));
    }
    return caller ? caller : channel_first_reader(peer);
}

static int enqueue(struct channel *peer, struct message *message, struct cleanup *cleanup)
{
    if (unlikely(channel_is_full(peer))) {
        return -EAGAIN;
    }
    if (!message) {
        return CHANNEL_NEEDS_MEMORY;
    }
    channel_enqueue(peer, message, false, cleanup);
    return 0;
}

int channel_send(struct channel *channel, struct ipc_buffer *buffer, bool call, struct thread **to,
                 struct cleanup *cleanup)
{
    struct channel *peer = channel_peer(channel);
    struct channel_waiter *receiver;

    *to = NULL;
    if (unlikely(peer->paired.closed)) {
        return -EPIPE;
    }
    receiver = find_receiver(peer, buffer, call);
    if (!receiver) {
        return enqueue(peer, buffer->message, cleanup);
    }
    if (!buffer->message && buffer->size > receiver->small_max) {
        return CHANNEL_NEEDS_MEMORY;
    }
    channel_remove_waiter(peer, receiver, 0);
    if (buffer->message) {
        channel_buffer_of(receiver)->message = buffer->message;
    } else {
        channel_give_small(receiver, buffer);
    }
    *to = receiver->thread;
    return 0;
}

/* The same for who goes on. */
static int write(struct channel *channel, struct ipc_buffer *buffer)
{
    struct cleanup cleanup = {0};
    unsigned long irq = spin_lock(channel_lock(channel));
    struct thread *to;
    int err = channel_send(channel, buffer, false, &to, &cleanup);

    if (to) {
        wait_ops->wake(to);
        cleanup.woken = true;
    }
    spin_unlock(channel_lock(channel), irq);
    cleanup_run(&cleanup);
    return err;
}

int channel_write_buffer(struct channel *channel, struct ipc_buffer *buffer)
{
    bool small = !buffer->message;
    int err;

    buffer->sent = false;
    if (small && buffer->size > MESSAGE_SMALL_BYTES) {
        return -E2BIG;
    }
    if (!small && channel_carries_end(channel, buffer->message)) {
        return -ENOTSUP;
    }
    err = write(channel, buffer);
    if (err == CHANNEL_NEEDS_MEMORY) {
        err = ipc_buffer_spell_out(buffer);
        err = err != 0 ? err : write(channel, buffer);
    }
    if (err != 0) {
        ipc_buffer_take_back(buffer, small);
        return err;
    }
    buffer->sent = true;
    ipc_buffer_clear(buffer);
    return 0;
}

int channel_write(struct channel *channel, struct message *message)
{
    struct ipc_buffer buffer;

    if (channel_carries_end(channel, message)) {
        return -ENOTSUP;
    }
    buffer.message = message;
    buffer.size = 0;
    return write(channel, &buffer);
}
