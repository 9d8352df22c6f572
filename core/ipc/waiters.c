/* SPDX-License-Identifier: MIT */
/* Threads that wait at a channel's end: for the next message, in order of arrival; for replies, by txid. */
#include "channel_internal.h"

#include <keel/errno.h>
#include <keel/suspend_object.h>

#define AT_ONCE 32u /* waits ended with the lock held */

static struct channel_waiter *caller_of(const struct rb_node *node)
{
    return rb_entry(node, struct channel_waiter, by_txid);
}

static bool less(const struct rb_node *a, const struct rb_node *b)
{
    return caller_of(a)->txid < caller_of(b)->txid;
}

static int compare(const void *key, const struct rb_node *node)
{
    keel_txid_t txid = *(const keel_txid_t *)key, other = caller_of(node)->txid;

    return (txid > other) - (txid < other);
}

struct channel_waiter *channel_find_call(struct channel *channel, keel_txid_t txid)
{
    struct channel_waiter *caller = channel->caller;
    struct rb_node *node;

    if (caller && caller->txid == txid) {
        return caller;
    }
    node = rb_find(&channel->calls, &txid, compare);
    return node ? caller_of(node) : NULL;
}

void channel_add_another_call(struct channel *channel, struct channel_waiter *waiter)
{
    do {
        channel->last_txid = (channel->last_txid + 1) | TXID_KERNEL;
    } while (channel_find_call(channel, channel->last_txid));
    channel_begin_wait(waiter, channel->last_txid);
    if (channel->caller) {
        rb_insert(&channel->calls, &waiter->by_txid, less);
    } else {
        channel->caller = waiter;
    }
}

void channel_remove_waiter(struct channel *channel, struct channel_waiter *waiter, int status)
{
    if (waiter->txid == 0) {
        list_remove(&waiter->node);
    } else if (waiter == channel->caller) {
        channel->caller = NULL;
    } else {
        rb_erase(&channel->calls, &waiter->by_txid);
    }
    waiter->status = status;
}

static struct channel_waiter *any_waiter(struct channel *channel)
{
    if (channel_first_reader(channel) || channel->caller) {
        return channel->caller ? channel->caller : channel_first_reader(channel);
    }
    return rb_is_empty(&channel->calls) ? NULL : caller_of(channel->calls.root);
}

bool channel_end_waits(struct channel *channel, int status, struct cleanup *cleanup)
{
    for (unsigned i = 0; i < AT_ONCE; i++) {
        struct channel_waiter *waiter = any_waiter(channel);

        if (!waiter) {
            return false;
        }
        channel_remove_waiter(channel, waiter, status);
        wait_ops->wake(waiter->thread);
        cleanup->woken = true;
    }
    return true;
}

void channel_give_up(struct channel *channel, struct channel_waiter *waiter)
{
    struct spinlock *lock = channel_lock(channel);
    uint64_t deadline;
    bool goes_on = user_wait_goes_on(&deadline);
    unsigned long irq = spin_lock(lock);

    while (goes_on && waiter->status == CHANNEL_WAITS) {
        if (call_wait(lock, irq, deadline, 0)) {
            return;
        }
        goes_on = user_wait_goes_on(&deadline);
        irq = spin_lock(lock);
    }
    if (waiter->status == CHANNEL_WAITS) {
        channel_remove_waiter(channel, waiter, thread_is_cancelled() ? -ECANCELED : -ETIMEDOUT);
    }
    spin_unlock(lock, irq);
}
