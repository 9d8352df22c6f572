/* SPDX-License-Identifier: MIT */
/* What the files of channels share. */
#ifndef IPC_CHANNEL_INTERNAL_H
#define IPC_CHANNEL_INTERNAL_H

#include <keel/call_wait.h>
#include <keel/channel_object.h>
#include <keel/object_signal.h>
#include <keel/percpu.h>
#include <keel/string.h>
#include <keel/wait.h>

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

/* Whether a buffer has a small message that begins with a txid. */
static inline bool ipc_buffer_is_quick(const struct ipc_buffer *buffer)
{
    return !buffer->message &&
           buffer->size - sizeof(keel_txid_t) <= MESSAGE_SMALL_BYTES - sizeof(keel_txid_t);
}

/* --- buffer.c --- */

/* Makes a small message one with memory of its own. -E2BIG, -ENOMEM. */
int ipc_buffer_spell_out(struct ipc_buffer *buffer);

/* One that was not sent is in the buffer's bytes again, if it was. */
void ipc_buffer_take_back(struct ipc_buffer *buffer, bool was_small);

/* There is nothing in it. */
void ipc_buffer_clear(struct ipc_buffer *buffer);

/* --- queue.c. All expect the lock. --- */

/* Whether the queue takes no more. */
bool channel_is_full(const struct channel *channel);

/* Puts a message into an end's queue, first or last, and sets the signals of both ends. */
void channel_enqueue(struct channel *channel, struct message *message, bool first,
                     struct cleanup *cleanup);

/* Takes the oldest out of it, likewise; there is one. */
struct message *channel_dequeue(struct channel *channel, struct cleanup *cleanup);

/* The oldest; NULL: there is none. */
static inline struct message *channel_oldest(const struct channel *channel)
{
    return list_is_empty(&channel->messages)
               ? NULL
               : list_first_entry(&channel->messages, struct message, node);
}

/* --- waiters.c. All expect the lock, but channel_give_up() and channel_end_wait(). --- */

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

/* The same for the reply to a call, which gets a txid. */
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

/* Who waits for a reply with that txid; the one who has waited longest for any message; NULL. */
struct channel_waiter *channel_find_call(struct channel *channel, keel_txid_t txid);

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

/* Takes anyone out whose wait is over. */
void channel_remove_waiter(struct channel *channel, struct channel_waiter *waiter, int status);

/* Gives a small message to one who was taken out, and whose small_max allows it. */
static inline void channel_give_small(struct channel_waiter *waiter,
                                      const struct ipc_buffer *buffer)
{
    struct ipc_buffer *to = channel_buffer_of(waiter);
    size_t words = (buffer->size + sizeof(to->words[0]) - 1) / sizeof(to->words[0]);

    to->size = buffer->size;
    for (size_t at = 0; at < words; at++) {
        to->words[at] = buffer->words[at];
    }
}

/* Ends the waits of some more threads at this end; false: none were left. */
bool channel_end_waits(struct channel *channel, int status, struct cleanup *cleanup);

/* Takes one out who was not woken, if nobody else has done so. */
void channel_give_up(struct channel *channel, struct channel_waiter *waiter);

/* After the wait: its status. `woken`: by who had taken it out. */
static inline int channel_end_wait(struct channel *channel, struct channel_waiter *waiter,
                                   bool woken)
{
    if (unlikely(!woken)) {
        channel_give_up(channel, waiter);
    }
    return waiter->status;
}

/* --- write.c --- */

#define CHANNEL_NEEDS_MEMORY 1 /* a small message must be spelled out first */

/*
 * Sends what is in a buffer from this end: a reply or any other message, or a `call`, which goes to nobody
 * who waits for a reply. Expects the lock. 0: it is gone; where *to is not NULL to that thread, which is
 * yet to be woken. Else as channel_write(), which has looked at the handles, or CHANNEL_NEEDS_MEMORY.
 */
int channel_send(struct channel *channel, struct ipc_buffer *buffer, bool call, struct thread **to,
                 struct cleanup *cleanup);

/* Whether it would carry one of the channel's own ends into it: nobody could reach that ever again. */
bool channel_carries_end(const struct channel *channel, const struct message *message);

/* --- read.c --- */

/* Takes the oldest message if it fits; *out also when it does not, with `discard`. Expects the lock. As
 * channel_read(). */
int channel_take(struct channel *channel, struct channel_room *room, bool discard,
                 struct message **out, struct cleanup *cleanup);

/* Whether a message fits; *room then tells what it has. */
bool channel_fits(const struct message *message, struct channel_room *room);

#endif
