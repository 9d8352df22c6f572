/* SPDX-License-Identifier: MIT */
/* Calls over channels: the server's half. */
#include "channel_internal.h"

#include <keel/clock.h>
#include <keel/errno.h>
#include <keel/timer.h>

/* Sends the reply. Expects the lock. */
static int send_reply(struct channel *channel, struct ipc_buffer *buffer, struct thread **to,
                      struct cleanup *cleanup)
{
    int err = channel_send(channel, buffer, false, to, cleanup);

    if (err == 0) {
        ipc_buffer_clear(buffer);
    }
    return err;
}

/* Takes a message if there is one, else (-EAGAIN) enters the thread as a reader, if it may wait. Expects the
 * lock. */
static int take_or_enter(struct channel *channel, struct channel_waiter *waiter,
                         uint64_t deadline_ns, struct cleanup *cleanup)
{
    struct ipc_buffer *buffer = channel_buffer_of(waiter);
    int err;

    if (channel->paired.closed) {
        return -ECANCELED;
    }
    err = channel_take(channel, &buffer->room, false, &buffer->message, cleanup);
    if (err == -EAGAIN) {
        if (deadline_ns != TIMER_NEVER && clock_ns() >= deadline_ns) {
            return -ETIMEDOUT;
        }
        channel_add_reader(channel, waiter);
    }
    return err;
}

/* Nothing came, or what has memory of its own. */
static __noinline int accept_other(struct channel *channel, struct ipc_buffer *buffer, int status)
{
    struct message *message = buffer->message;

    if (status == 0 && channel_fits(message, &buffer->room)) {
        return 0;
    }
    ipc_buffer_clear(buffer);
    if (status == 0) {
        channel_unread(channel, message);
        return -ERANGE;
    }
    return status;
}

/* Looks at what came, or did not. */
static inline int accept(struct channel *channel, struct ipc_buffer *buffer, int status)
{
    if (likely((status | (uintptr_t)buffer->message) == 0)) {
        buffer->room = (struct channel_room){buffer->size, 0};
        return 0;
    }
    return accept_other(channel, buffer, status);
}

/* Waits as a reader, unless that is over; `irq` is from taking the lock, which is let go. */
static int wait_as_reader(struct channel *channel, struct channel_waiter *waiter, struct thread *to,
                          unsigned long irq, uint64_t deadline_ns, uint64_t slack_ns)
{
    struct spinlock *lock = channel_lock(channel);
    bool woken = waiter->status != CHANNEL_WAITS;

    if (woken) {
        spin_unlock(lock, irq);
    } else {
        woken = call_wait_for(to, false, lock, irq, deadline_ns, slack_ns);
    }
    return accept(channel, channel_buffer_of(waiter), channel_end_wait(channel, waiter, woken));
}

static void wake(struct thread *thread, struct cleanup *cleanup)
{
    if (thread) {
        wait_ops->wake(thread);
        cleanup->woken = true;
    }
}

/* Sends the reply, if there is one; then takes a message, or waits for one. */
static int reply_and_wait(struct channel *channel, struct channel_waiter *waiter, bool replies,
                          uint64_t deadline_ns, uint64_t slack_ns)
{
    struct ipc_buffer *buffer = channel_buffer_of(waiter);
    struct spinlock *lock = channel_lock(channel);
    struct cleanup cleanup = {0};
    struct thread *to = NULL;
    unsigned long irq = spin_lock(lock);
    int status = replies ? send_reply(channel, buffer, &to, &cleanup) : 0;

    buffer->sent = status == 0;
    if (status == 0) {
        status = take_or_enter(channel, waiter, deadline_ns, &cleanup);
    }
    if (status == -EAGAIN && buffer->sent) {
        if (cleanup.dead || cleanup.woken) { /* then there is no `to` */
            spin_unlock(lock, irq);
            cleanup_run(&cleanup);
            irq = spin_lock(lock);
        }
        return wait_as_reader(channel, waiter, to, irq, deadline_ns, slack_ns);
    }
    wake(to, &cleanup);
    spin_unlock(lock, irq);
    cleanup_run(&cleanup);
    return status;
}

/* Every one that is not quick. What comes may be small up to small_max. */
static __noinline int reply_wait(struct channel *channel, struct ipc_buffer *buffer,
                                 uint32_t small_max, uint64_t deadline_ns, uint64_t slack_ns)
{
    bool small = !buffer->message, replies = !small || buffer->size != 0;
    int status;

    buffer->sent = false;
    buffer->waiter.small_max = small_max;
    if (small && buffer->size > MESSAGE_SMALL_BYTES) {
        return -E2BIG;
    }
    if (!small && channel_carries_end(channel, buffer->message)) {
        return -ENOTSUP;
    }
    status = reply_and_wait(channel, &buffer->waiter, replies, deadline_ns, slack_ns);
    if (status == CHANNEL_NEEDS_MEMORY) {
        status = ipc_buffer_spell_out(buffer);
        status = status != 0
                     ? status
                     : reply_and_wait(channel, &buffer->waiter, replies, deadline_ns, slack_ns);
    }
    if (!buffer->sent) {
        ipc_buffer_take_back(buffer, small);
    }
    return status;
}

static uint32_t small_max(const struct ipc_buffer *buffer)
{
    return MIN(buffer->room.bytes, MESSAGE_SMALL_BYTES);
}

static __noinline int reply_wait_slowly(struct channel *channel, struct ipc_buffer *buffer,
                                        uint64_t deadline_ns, uint64_t slack_ns)
{
    return reply_wait(channel, buffer, small_max(buffer), deadline_ns, slack_ns);
}

int channel_end_reply_wait(struct channel *channel, struct ipc_buffer *buffer, bool woken)
{
    return accept(channel, buffer, channel_end_wait(channel, &buffer->waiter, woken));
}

/* The way that is to be short: into the buffer of the caller, who waits, and there. */
int channel_reply_wait_buffer(struct channel *channel, struct ipc_buffer *buffer,
                              uint64_t deadline_ns, uint64_t slack_ns)
{
    struct spinlock *lock = channel_lock(channel);
    struct channel_waiter *to;
    unsigned long irq;
    bool woken;

    if (unlikely(!ipc_buffer_is_quick(buffer))) {
        return reply_wait_slowly(channel, buffer, deadline_ns, slack_ns);
    }
    irq = spin_lock(lock);
    to = channel_reply_quick(channel, buffer, buffer->room.bytes);
    if (unlikely(!to)) {
        spin_unlock(lock, irq);
        return reply_wait_slowly(channel, buffer, deadline_ns, slack_ns);
    }
    buffer->sent = true;
    woken = call_wait_for(to->thread, false, lock, irq, deadline_ns, slack_ns);
    return accept(channel, buffer, channel_end_wait(channel, &buffer->waiter, woken));
}

int channel_reply_wait(struct channel *channel, struct message *reply, uint64_t deadline_ns,
                       uint64_t slack_ns, bool *sent, struct channel_room *room,
                       struct message **out)
{
    struct ipc_buffer buffer;
    int status;

    buffer.message = reply;
    buffer.size = 0;
    buffer.room = *room;
    status = reply_wait(channel, &buffer, 0, deadline_ns, slack_ns);
    *sent = buffer.sent;
    *room = buffer.room;
    if (status == 0) {
        *out = buffer.message;
    }
    return status;
}
