/* SPDX-License-Identifier: MIT */
/* The short ways of a call and its reply in line: from the buffer of one thread into that of another which waits, and
 * there. All expect the lock of the pair, with interrupts off. */
#ifndef KEEL_CHANNEL_QUICK_H
#define KEEL_CHANNEL_QUICK_H

#include <keel/channel_object.h>
#include <keel/percpu.h>

#define CHANNEL_WAITS 1 /* no status of a wait that is over */

/* Txids that the kernel gives out; users' own have this bit clear. */
#define TXID_KERNEL   (UINT32_C(1) << 31)

static inline struct ipc_buffer *channel_buffer_of(struct channel_waiter *waiter)
{
    return container_of(waiter, struct ipc_buffer, waiter);
}

static inline struct channel *channel_peer(struct channel *channel)
{
    return container_of(channel->paired.peer, struct channel, paired);
}

static inline struct spinlock *channel_lock(struct channel *channel)
{
    return &channel->paired.pair->lock;
}

/* Whether a small message of that size begins with a txid. */
static inline bool channel_is_quick_size(uint32_t size)
{
    return size - sizeof(keel_txid_t) <= MESSAGE_SMALL_BYTES - sizeof(keel_txid_t);
}

static inline void channel_begin_wait(struct channel_waiter *waiter, keel_txid_t txid)
{
    waiter->thread = (struct thread *)current_head();
    waiter->txid = txid;
    waiter->status = CHANNEL_WAITS;
}

/* Enters a waiter of the calling thread, whose small_max is filled in, among those that wait for
 * the next message. */
static inline void channel_add_reader(struct channel *channel, struct channel_waiter *waiter)
{
    channel_begin_wait(waiter, 0);
    list_add_tail(&channel->readers, &waiter->node);
}

/* The same for the reply to a call, which gets a txid; the first, and any. */
void channel_add_another_call(struct channel *channel, struct channel_waiter *waiter);

static inline void channel_add_call(struct channel *channel, struct channel_waiter *waiter)
{
    if (unlikely(channel->caller || !rb_is_empty(&channel->calls))) {
        channel_add_another_call(channel, waiter);
        return;
    }
    channel->last_txid = (channel->last_txid + 1) | TXID_KERNEL;
    channel_begin_wait(waiter, channel->last_txid);
    channel->caller = waiter;
}

static inline struct channel_waiter *channel_first_reader(const struct channel *channel)
{
    return list_is_empty(&channel->readers)
               ? NULL
               : list_first_entry(&channel->readers, struct channel_waiter, node);
}

/* Takes one out who is to be given a message at once. */
static inline void channel_remove_reader(struct channel_waiter *reader)
{
    list_remove(&reader->node);
    reader->status = 0;
}

/* Gives a small message to one who was taken out, and whose small_max allows it. Some bytes behind it come along,
 * for which both buffers have room. */
static inline void channel_give_small(struct channel_waiter *waiter,
                                      const struct ipc_buffer *buffer)
{
    struct ipc_buffer *to = channel_buffer_of(waiter);
    const uint64_t *from = buffer->words, *end = from + (buffer->size + 7) / sizeof(*from);
    uint64_t *out = to->words;

    to->size = buffer->size;
    do {
        uint64_t one = from[0], other = from[1]; // NOLINT(*uninitialized.Assign): some behind

        out[0] = one;
        out[1] = other;
        from += 2;
        out += 2;
    } while (from < end);
}

/* Sends a small message that begins with room for a txid, as a call; enters the caller. Whose thread is to be
 * woken, or NULL: nothing has happened, it is no case for this. */
static __always_inline struct channel_waiter *channel_call_quick(struct channel *channel,
                                                                 struct ipc_buffer *buffer)
{
    const struct pair *pair = channel->paired.pair;
    struct channel_waiter *reader = channel_first_reader(channel_peer(channel));

    if (unlikely(!reader || reader->small_max < buffer->size || pair->closed)) {
        return NULL;
    }
    buffer->message = NULL;
    buffer->waiter.small_max = MESSAGE_SMALL_BYTES;
    channel_add_call(channel, &buffer->waiter);
    buffer->txid = buffer->waiter.txid;
    channel_remove_reader(reader);
    channel_give_small(reader, buffer);
    return reader;
}

/* The same for a reply; enters the thread as one that waits for the next message, up to `room` bytes. */
static __always_inline struct channel_waiter *
channel_reply_quick(struct channel *channel, struct ipc_buffer *buffer, uint32_t room)
{
    const struct pair *pair = channel->paired.pair;
    struct channel *peer = channel_peer(channel);
    struct channel_waiter *caller = peer->caller;

    if (unlikely(!caller || caller->txid != buffer->txid || caller->small_max < buffer->size ||
                 channel->message_count != 0 || pair->closed)) {
        return NULL;
    }
    peer->caller = NULL;
    caller->status = 0;
    channel_give_small(caller, buffer);
    buffer->message = NULL;
    buffer->waiter.small_max = MIN(room, MESSAGE_SMALL_BYTES);
    channel_add_reader(channel, &buffer->waiter);
    return caller;
}

/* After the wait: what channel_call_buffer() and channel_reply_wait_buffer() say. `woken`: by who had taken it out.
 * No lock held, interrupts on. */
int channel_end_call(struct channel *channel, struct ipc_buffer *buffer, bool woken);
int channel_end_reply_wait(struct channel *channel, struct ipc_buffer *buffer, bool woken);

#endif
