/* SPDX-License-Identifier: MIT */
/* Calls over channels: the server's half. */
#include "channel_internal.h"

#include <keel/errno.h>

/* Sends the reply, and takes a message if there is one; else (-EAGAIN) the thread is entered as a reader.
 * Expects the lock. */
static int send_and_take(struct channel *channel, struct message *reply, bool *sent,
                         struct channel_room *room, struct channel_waiter *waiter,
                         struct cleanup *cleanup)
{
    int err = reply ? channel_send(channel, reply, cleanup) : 0;

    *sent = err == 0;
    if (err != 0) {
        return err;
    }
    if (channel->paired.closed) {
        return -ECANCELED;
    }
    err = channel_take(channel, room, false, &waiter->message, cleanup);
    if (err == -EAGAIN) {
        channel_add_reader(channel, waiter);
    }
    return err;
}

/* Waits for a message; one that comes when the wait has just ended otherwise still counts. */
static int wait_for_message(struct channel *channel, struct channel_waiter *waiter,
                            uint64_t deadline_ns, uint64_t slack_ns)
{
    int status = object_wait_block(&waiter->wait, deadline_ns, slack_ns);
    unsigned long irq = spin_lock(channel_lock(channel));

    channel_remove_reader(channel, waiter);
    spin_unlock(channel_lock(channel), irq);
    return waiter->message ? 0 : status;
}

int channel_reply_wait(struct channel *channel, struct message *reply, uint64_t deadline_ns,
                       uint64_t slack_ns, bool *sent, struct channel_room *room,
                       struct message **out)
{
    struct channel_waiter waiter = {0};
    struct cleanup cleanup = {0};
    unsigned long irq;
    int status;

    *sent = false;
    if (reply && channel_carries_end(channel, reply)) {
        return -ENOTSUP;
    }
    irq = spin_lock(channel_lock(channel));
    status = send_and_take(channel, reply, sent, room, &waiter, &cleanup);
    spin_unlock(channel_lock(channel), irq);
    cleanup_run(&cleanup);
    if (status == -EAGAIN && *sent) {
        status = wait_for_message(channel, &waiter, deadline_ns, slack_ns);
        if (status == 0 && !channel_fits(waiter.message, room)) {
            channel_unread(channel, waiter.message);
            return -ERANGE;
        }
    }
    if (status == 0) {
        *out = waiter.message;
    }
    return status;
}
