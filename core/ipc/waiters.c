/* SPDX-License-Identifier: MIT */
/* Threads that wait at a channel's end: for the next message, in order of arrival; for replies, by txid. */
#include "channel_internal.h"

#include <keel/errno.h>

/* Those that the kernel gives out; users' own have this bit clear. */
#define TXID_KERNEL (UINT32_C(1) << 31)
#define AT_ONCE     32u /* waits ended with the lock held */

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

static struct channel_waiter *find_call(const struct channel *channel, keel_txid_t txid)
{
    struct rb_node *node = rb_find(&channel->calls, &txid, compare);

    return node ? caller_of(node) : NULL;
}

void channel_add_reader(struct channel *channel, struct channel_waiter *waiter)
{
    list_add_tail(&channel->readers, &waiter->node);
    waiter->waits = true;
}

void channel_add_call(struct channel *channel, struct channel_waiter *waiter)
{
    do {
        channel->last_txid = (channel->last_txid + 1) | TXID_KERNEL;
    } while (find_call(channel, channel->last_txid));
    waiter->txid = channel->last_txid;
    rb_insert(&channel->calls, &waiter->by_txid, less);
    waiter->waits = true;
}

void channel_remove_reader(struct channel *channel, struct channel_waiter *waiter)
{
    (void)channel;
    if (waiter->waits) {
        list_remove(&waiter->node);
        waiter->waits = false;
    }
}

void channel_remove_call(struct channel *channel, struct channel_waiter *waiter)
{
    if (waiter->waits) {
        rb_erase(&channel->calls, &waiter->by_txid);
        waiter->waits = false;
    }
}

static struct channel_waiter *first_reader(const struct channel *channel)
{
    return list_is_empty(&channel->readers)
               ? NULL
               : list_first_entry(&channel->readers, struct channel_waiter, node);
}

static void give(struct channel_waiter *waiter, struct message *message, struct cleanup *cleanup)
{
    waiter->message = message;
    object_wait_end(&waiter->wait, 0, cleanup);
}

bool channel_give_caller(struct channel *channel, struct message *message, struct cleanup *cleanup)
{
    struct channel_waiter *waiter;

    if (rb_is_empty(&channel->calls)) {
        return false;
    }
    waiter = find_call(channel, message_txid(message));
    if (!waiter) {
        return false;
    }
    channel_remove_call(channel, waiter);
    give(waiter, message, cleanup);
    return true;
}

bool channel_give_reader(struct channel *channel, struct message *message, struct cleanup *cleanup)
{
    struct channel_waiter *waiter = first_reader(channel);

    if (!waiter) {
        return false;
    }
    channel_remove_reader(channel, waiter);
    give(waiter, message, cleanup);
    return true;
}

bool channel_end_waits(struct channel *channel, int status, struct cleanup *cleanup)
{
    for (unsigned i = 0; i < AT_ONCE; i++) {
        struct channel_waiter *waiter = first_reader(channel);

        if (waiter) {
            channel_remove_reader(channel, waiter);
        } else if (!rb_is_empty(&channel->calls)) {
            waiter = caller_of(channel->calls.root);
            channel_remove_call(channel, waiter);
        } else {
            return false;
        }
        object_wait_end(&waiter->wait, status, cleanup);
    }
    return true;
}
