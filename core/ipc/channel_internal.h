/* SPDX-License-Identifier: MIT */
/* What the files of channels share. */
#ifndef IPC_CHANNEL_INTERNAL_H
#define IPC_CHANNEL_INTERNAL_H

#include <keel/channel_object.h>
#include <keel/object_wait.h>

/* A thread that waits for a message: the next one, or the reply to its call. On its stack; guarded by the
 * lock of the pair. */
struct channel_waiter {
    union {
        struct list_node node;  /* channel->readers */
        struct rb_node by_txid; /* channel->calls */
    };
    bool waits; /* it is in there */
    keel_txid_t txid;
    struct object_wait wait;
    struct message *message; /* given to it */
};

static inline struct channel *channel_peer(struct channel *channel)
{
    return container_of(channel->paired.peer, struct channel, paired);
}

static inline struct spinlock *channel_lock(struct channel *channel)
{
    return &channel->paired.pair->lock;
}

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

/* --- waiters.c. All expect the lock. --- */

/* Enters a thread among those that wait for the next message. */
void channel_add_reader(struct channel *channel, struct channel_waiter *waiter);

/* ... for the reply to a call, which gets a txid. */
void channel_add_call(struct channel *channel, struct channel_waiter *waiter);

/* Gives a message to the thread at this end whose call it answers; to the one that has waited longest for
 * any, when there is nothing in the queue. False: there is none. */
bool channel_give_caller(struct channel *channel, struct message *message, struct cleanup *cleanup);
bool channel_give_reader(struct channel *channel, struct message *message, struct cleanup *cleanup);

/* Takes a thread off whose wait has ended in another way, or which did not wait at all. */
void channel_remove_reader(struct channel *channel, struct channel_waiter *waiter);
void channel_remove_call(struct channel *channel, struct channel_waiter *waiter);

/* Ends the waits of some more threads at this end; false: none were left. */
bool channel_end_waits(struct channel *channel, int status, struct cleanup *cleanup);

/* --- write.c --- */

/* Sends a message from this end. Expects the lock. As channel_write(), which has looked at the handles. */
int channel_send(struct channel *channel, struct message *message, struct cleanup *cleanup);

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
