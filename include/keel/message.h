/* SPDX-License-Identifier: MIT */
/* Messages: bytes and handles on their way through a channel. A message owns the handles in it. */
#ifndef KEEL_MESSAGE_H
#define KEEL_MESSAGE_H

#include <keel/channel.h>
#include <keel/handle.h>

/* Messages of so many bytes and without handles are small: they need no memory of their own on their way
 * to a thread that waits. */
#define MESSAGE_SMALL_BYTES 64u

struct message {
    struct list_node node; /* of the queue it is in */
    uint32_t size;         /* bytes */
    uint32_t handle_count;
    struct loose_handle handles[]; /* the bytes are behind them */
};

/* A message to be filled in, bytes and handles. -E2BIG: too many of either; -ENOMEM. Any context. */
int message_create(uint32_t size, uint32_t handle_count, struct message **out);

static inline unsigned char *message_data(struct message *message)
{
    return (unsigned char *)&message->handles[message->handle_count];
}

/* The first bytes, which tell a reply; 0 where there are too few. */
keel_txid_t message_txid(struct message *message);

/* Frees the memory alone: the handles are somebody else's now, or were never filled in. */
void message_free(struct message *message);

/* Closes the handles and frees the memory. No spinlock held; cleanup_run() follows. */
void message_destroy(struct message *message, struct cleanup *cleanup);

#endif
