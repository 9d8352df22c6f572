/* SPDX-License-Identifier: MIT */
/* Channels (O5): two ends that send each other messages, and calls, whose replies go straight to the caller.
 * All here take a reference of the caller's; threads only, no spinlock held, unless said otherwise. */
#ifndef KEEL_CHANNEL_OBJECT_H
#define KEEL_CHANNEL_OBJECT_H

#include <keel/message.h>
#include <keel/paired.h>
#include <keel/rbtree.h>

/*
 * A thread that waits for a message: the next one, or the reply to its call. Guarded by the lock of the pair.
 * Whoever takes it out sets `status`, fills the buffer that it is in if that is 0, and wakes the thread; all
 * with the lock held, which the thread takes before it goes on without having been woken.
 */
struct channel_waiter {
    union {
        struct list_node node;  /* channel->readers */
        struct rb_node by_txid; /* channel->calls */
    };
    struct thread *thread;
    uint32_t
        small_max;    /* small messages up to this size may be given to it in the buffer's bytes */
    keel_txid_t txid; /* 0: it waits for any message */
    int status;       /* CHANNEL_WAITS while it is in there */
};

/* One end. The members are core/ipc's; those below `paired` are guarded by the lock of the pair. */
struct channel {
    struct paired paired;
    struct list messages; /* to be read here */
    uint32_t message_count;
    uint32_t byte_count;
    struct list readers;           /* threads that wait for a message; then there is none */
    struct channel_waiter *caller; /* a thread that waits for a reply; NULL: none */
    struct rb_tree calls;          /* the others, by txid */
    keel_txid_t last_txid;
};

/* What a reader has room for; and, when a message was or would be read, what that has. */
struct channel_room {
    uint32_t bytes;
    uint32_t handles;
};

/*
 * What the fast calls below take a message from and give one in: on the stack of the calling thread, and not
 * to be cleared. Either `message` is one, or it is NULL and the message is small: `size` of `bytes`, no
 * handles. Small bytes go from one thread's buffer into the other's, copied once, without allocation.
 */
struct ipc_buffer {
    struct message *message;
    uint32_t size;            /* of what is in `bytes` */
    bool sent;                /* out: what was in the buffer is gone */
    struct channel_room room; /* in: for what is to come; out: what that has, also with -ERANGE */
    union {
        unsigned char bytes[MESSAGE_SMALL_BYTES];
        uint64_t words[MESSAGE_SMALL_BYTES / sizeof(uint64_t)];
        keel_txid_t txid;
    };
    struct channel_waiter waiter; /* core/ipc's */
};

static inline struct channel *channel_of(struct object *object)
{
    return container_of(object, struct channel, paired.object);
}

/* Two ends, a handle to each in the caller's hand. -ENOMEM. Any context. */
int channel_create(struct object **one, struct object **other);

/*
 * Sends a message to the other end: to the thread that waits for a reply with its txid, else to one that
 * waits for any, else into the queue. 0: the message is gone. Else it stays the caller's: -EPIPE;
 * -EAGAIN: the queue is full, KEEL_CHANNEL_WRITABLE will tell when it is not; -ENOTSUP: one end of this
 * very channel is in it.
 */
int channel_write(struct channel *channel, struct message *message);

/*
 * Takes the oldest message. -EAGAIN: there is none; -EPIPE: there will be none; -ERANGE: it does not fit,
 * and stays (with `discard` it is gone). *room tells what it has in both cases.
 */
int channel_read(struct channel *channel, struct channel_room *room, bool discard,
                 struct message **out);

/* Puts a message back that was just read and could not be given on: it is the oldest again, or goes to
 * a thread that waits for one. */
void channel_unread(struct channel *channel, struct message *message);

/*
 * Sends a message whose first bytes become a new txid, and waits for a message from the other end that
 * begins with the same. -EINVAL: it has no room for one; as channel_write(): it stays the caller's. When
 * it was sent, *sent is true, and: 0 with a reply; -ETIMEDOUT; -EPIPE: the other end was closed;
 * -ECANCELED: the last handle to this one was, or the process ends. A reply that comes later is queued.
 */
int channel_call(struct channel *channel, struct message *message, uint64_t deadline_ns,
                 uint64_t slack_ns, bool *sent, struct message **reply);

/*
 * The server's half: sends a reply (NULL: none), as channel_write() does, and takes the oldest message,
 * waiting for one. *sent: the reply is gone; where it is false nothing has happened and the status is
 * channel_write()'s. Else as channel_read(), but -ETIMEDOUT instead of -EAGAIN; -ECANCELED. *out, which may be
 * where the reply was kept, is written only with 0.
 */
int channel_reply_wait(struct channel *channel, struct message *reply, uint64_t deadline_ns,
                       uint64_t slack_ns, bool *sent, struct channel_room *room,
                       struct message **out);

/*
 * The calls that system calls should use: what the three above and channel_write() do, with messages in a
 * buffer, and much faster where the message is small and somebody waits for it. What is not sent (`sent`
 * is false) stays in the buffer and the caller's, but for its txid. What was sent is there no more, and
 * with 0 the buffer holds what came, in either form, whatever it held before: who gets a `message` frees
 * it. With any other status there is nothing in it when `sent`. All may say -ENOMEM, -E2BIG (a size above
 * MESSAGE_SMALL_BYTES) with nothing sent.
 *
 * channel_call_buffer(): as channel_call(), and -ERANGE: the reply did not fit `room`, and is gone.
 *
 * channel_reply_wait_buffer(): as channel_reply_wait(). A buffer with neither `message` nor `size` is no
 * reply; then `sent` comes back true. With -ERANGE the request stays in the queue.
 *
 * channel_write_buffer(): as channel_write(); `room` is not used.
 */
int channel_call_buffer(struct channel *channel, struct ipc_buffer *buffer, uint64_t deadline_ns,
                        uint64_t slack_ns);
int channel_reply_wait_buffer(struct channel *channel, struct ipc_buffer *buffer,
                              uint64_t deadline_ns, uint64_t slack_ns);
int channel_write_buffer(struct channel *channel, struct ipc_buffer *buffer);

#endif
