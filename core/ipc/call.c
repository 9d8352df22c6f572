/* SPDX-License-Identifier: MIT */
/* Calls over channels: the client's half. */
#include "channel_internal.h"

#include <keel/errno.h>
#include <keel/string.h>

/* Sends the message of a call, entering the caller among those that wait. Expects the lock. */
static int send_call(struct channel *channel, struct message *message,
                     struct channel_waiter *waiter, struct cleanup *cleanup)
{
    int err;

    if (channel->paired.closed) {
        return -ECANCELED;
    }
    channel_add_call(channel, waiter);
    memcpy(message_data(message), &waiter->txid, sizeof(waiter->txid));
    err = channel_send(channel, message, cleanup);
    if (err != 0) {
        channel_remove_call(channel, waiter);
    }
    return err;
}

int channel_call(struct channel *channel, struct message *message, uint64_t deadline_ns,
                 uint64_t slack_ns, bool *sent, struct message **reply)
{
    struct channel_waiter waiter = {0};
    struct cleanup cleanup = {0};
    unsigned long irq;
    int status;

    *sent = false;
    if (message->size < sizeof(waiter.txid)) {
        return -EINVAL;
    }
    if (channel_carries_end(channel, message)) {
        return -ENOTSUP;
    }
    irq = spin_lock(channel_lock(channel));
    status = send_call(channel, message, &waiter, &cleanup);
    spin_unlock(channel_lock(channel), irq);
    if (status != 0) {
        return status;
    }
    *sent = true;
    cleanup_run(&cleanup);
    status = object_wait_block(&waiter.wait, deadline_ns, slack_ns);
    irq = spin_lock(channel_lock(channel));
    channel_remove_call(channel, &waiter);
    spin_unlock(channel_lock(channel), irq);
    if (!waiter.message) {
        return status;
    }
    *reply = waiter.message;
    return 0;
}
