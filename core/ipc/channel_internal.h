/* SPDX-License-Identifier: MIT */
/* What the files of channels share. */
#ifndef IPC_CHANNEL_INTERNAL_H
#define IPC_CHANNEL_INTERNAL_H

#include <keel/call_wait.h>
#include <keel/channel_object.h>
#include <keel/channel_quick.h>
#include <keel/object_signal.h>
#include <keel/percpu.h>
#include <keel/string.h>
#include <keel/wait.h>

/* Whether a buffer has a small message that begins with a txid. */
static inline bool ipc_buffer_is_quick(const struct ipc_buffer *buffer)
{
    return !buffer->message && channel_is_quick_size(buffer->size);
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

/* Who waits for a reply with that txid; the one who has waited longest for any message; NULL. */
struct channel_waiter *channel_find_call(struct channel *channel, keel_txid_t txid);

/* Takes anyone out whose wait is over. */
void channel_remove_waiter(struct channel *channel, struct channel_waiter *waiter, int status);

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
