/* SPDX-License-Identifier: MIT */
/* Calls over channels: the client's half. */
#include "channel_internal.h"

#include <keel/errno.h>

/* Looks at what came with memory of its own. */
static __noinline int accept_message(struct ipc_buffer *buffer)
{
    struct cleanup cleanup = {0};

    if (channel_fits(buffer->message, &buffer->room)) {
        return 0;
    }
    message_destroy(buffer->message, &cleanup);
    ipc_buffer_clear(buffer);
    cleanup_run(&cleanup);
    return -ERANGE;
}

static void write_txid(struct ipc_buffer *buffer, keel_txid_t txid)
{
    memcpy(buffer->message ? message_data(buffer->message) : buffer->bytes, &txid, sizeof(txid));
}

/* Sends the message of a call, entering the caller among those that wait. Expects the lock. */
static int send_call(struct channel *channel, struct ipc_buffer *buffer, struct thread **to,
                     struct cleanup *cleanup)
{
    struct channel_waiter *waiter = &buffer->waiter;
    int err;

    *to = NULL;
    if (channel->paired.closed) {
        return -ECANCELED;
    }
    channel_add_call(channel, waiter);
    write_txid(buffer, waiter->txid);
    err = channel_send(channel, buffer, true, to, cleanup);
    if (err != 0) {
        channel_remove_waiter(channel, waiter, err);
        return err;
    }
    buffer->sent = true;
    ipc_buffer_clear(buffer);
    return 0;
}

/* Sends it and waits, unless it is not sent. */
static int send_and_wait(struct channel *channel, struct ipc_buffer *buffer, uint64_t deadline_ns,
                         uint64_t slack_ns)
{
    struct channel_waiter *waiter = &buffer->waiter;
    struct spinlock *lock = channel_lock(channel);
    struct cleanup cleanup = {0};
    unsigned long irq = spin_lock(lock);
    struct thread *to;
    int err = send_call(channel, buffer, &to, &cleanup);

    if (err != 0) {
        spin_unlock(lock, irq);
        return err;
    }
    if (!to) {
        spin_unlock(lock, irq);
        cleanup_run(&cleanup);
        irq = spin_lock(lock);
    }
    if (waiter->status != CHANNEL_WAITS) {
        spin_unlock(lock, irq);
        return waiter->status;
    }
    return channel_end_wait(channel, waiter,
                            call_wait_for(to, true, lock, irq, deadline_ns, slack_ns));
}

/* Every call that is not quick. What comes may be small up to small_max. */
static __noinline int call(struct channel *channel, struct ipc_buffer *buffer, uint32_t small_max,
                           uint64_t deadline_ns, uint64_t slack_ns)
{
    bool small = !buffer->message;
    uint32_t size = small ? buffer->size : buffer->message->size;
    int status;

    buffer->sent = false;
    buffer->waiter.small_max = small_max;
    if (size < sizeof(buffer->txid)) {
        return -EINVAL;
    }
    if (small && size > MESSAGE_SMALL_BYTES) {
        return -E2BIG;
    }
    if (!small && channel_carries_end(channel, buffer->message)) {
        return -ENOTSUP;
    }
    status = send_and_wait(channel, buffer, deadline_ns, slack_ns);
    if (status == CHANNEL_NEEDS_MEMORY) {
        status = ipc_buffer_spell_out(buffer);
        status = status != 0 ? status : send_and_wait(channel, buffer, deadline_ns, slack_ns);
    }
    if (!buffer->sent) {
        ipc_buffer_take_back(buffer, small);
    }
    return status;
}

static __noinline int end_empty(struct ipc_buffer *buffer, int status)
{
    ipc_buffer_clear(buffer);
    return status;
}

/* The end of a call that was sent. */
static inline int finish(struct ipc_buffer *buffer, int status)
{
    if (likely((status | (uintptr_t)buffer->message) == 0)) {
        bool fits = buffer->size <= buffer->room.bytes;

        buffer->room = (struct channel_room){buffer->size, 0};
        return fits ? 0 : -ERANGE;
    }
    return status == 0 ? accept_message(buffer) : end_empty(buffer, status);
}

static __noinline int call_slowly(struct channel *channel, struct ipc_buffer *buffer,
                                  uint64_t deadline_ns, uint64_t slack_ns)
{
    int status = call(channel, buffer, MESSAGE_SMALL_BYTES, deadline_ns, slack_ns);

    return buffer->sent ? finish(buffer, status) : status;
}

int channel_end_call(struct channel *channel, struct ipc_buffer *buffer, bool woken)
{
    return finish(buffer, channel_end_wait(channel, &buffer->waiter, woken));
}

/* The way that is to be short: from one thread's buffer into that of the other, which waits, and there. */
int channel_call_buffer(struct channel *channel, struct ipc_buffer *buffer, uint64_t deadline_ns,
                        uint64_t slack_ns)
{
    struct spinlock *lock = channel_lock(channel);
    struct channel_waiter *to;
    unsigned long irq;
    bool woken;

    if (unlikely(!ipc_buffer_is_quick(buffer))) {
        return call_slowly(channel, buffer, deadline_ns, slack_ns);
    }
    irq = spin_lock(lock);
    to = channel_call_quick(channel, buffer);
    if (unlikely(!to)) {
        spin_unlock(lock, irq);
        return call_slowly(channel, buffer, deadline_ns, slack_ns);
    }
    buffer->sent = true;
    woken = call_wait_for(to->thread, true, lock, irq, deadline_ns, slack_ns);
    return finish(buffer, channel_end_wait(channel, &buffer->waiter, woken));
}

int channel_call(struct channel *channel, struct message *message, uint64_t deadline_ns,
                 uint64_t slack_ns, bool *sent, struct message **reply)
{
    struct ipc_buffer buffer;
    int status;

    buffer.message = message;
    buffer.size = 0;
    status = call(channel, &buffer, 0, deadline_ns, slack_ns);
    *sent = buffer.sent;
    if (status == 0) {
        *reply = buffer.message;
    }
    return status;
}
