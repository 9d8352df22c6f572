/* SPDX-License-Identifier: MIT */
/* The life of channels. */
#include "channel_internal.h"

#include <keel/errno.h>
#include <keel/heap.h>

struct channel_pair {
    struct pair pair;
    struct channel ends[2];
};

/* Ends all waits at one end, of which no new ones come, some at a time. */
static void end_all_waits(struct channel *channel, int status, struct cleanup *cleanup)
{
    bool more = true;

    while (more) {
        unsigned long irq = spin_lock(channel_lock(channel));

        more = channel_end_waits(channel, status, cleanup);
        spin_unlock(channel_lock(channel), irq);
    }
}

static void channel_closed(struct object *object, struct cleanup *cleanup)
{
    struct channel *channel = channel_of(object);
    unsigned long irq = spin_lock(object->lock);

    paired_close_locked(&channel->paired, KEEL_CHANNEL_WRITABLE, cleanup);
    spin_unlock(object->lock, irq);
    end_all_waits(channel, -ECANCELED, cleanup);
    end_all_waits(channel_peer(channel), -EPIPE, cleanup);
}

/* What was never read is closed with it; by way of the list, however deep that goes. */
static void channel_destroy(struct object *object, struct cleanup *cleanup)
{
    struct channel *channel = channel_of(object);
    struct list_node *node;

    while ((node = list_remove_head(&channel->messages)) != NULL) {
        message_destroy(list_entry(node, struct message, node), cleanup);
    }
    paired_free(&channel->paired);
}

static const struct object_ops channel_ops = {
    .type = KEEL_OBJ_TYPE_CHANNEL,
    .rights = KEEL_DEFAULT_CHANNEL_RIGHTS,
    .changeable = KEEL_USER_SIGNAL_ALL,
    .name = "channel",
    .paired = true,
    .closed = channel_closed,
    .destroy = channel_destroy,
};

int channel_create(struct object **one, struct object **other)
{
    struct channel_pair *both = kzalloc(sizeof(*both));

    if (!both) {
        return -ENOMEM;
    }
    pair_init(&both->pair, &both->ends[0].paired, &both->ends[1].paired, &channel_ops);
    for (unsigned i = 0; i < 2; i++) {
        struct channel *channel = &both->ends[i];

        list_init(&channel->messages);
        list_init(&channel->readers);
        rb_tree_init(&channel->calls);
        channel->paired.object.signals = KEEL_CHANNEL_WRITABLE;
    }
    *one = &both->ends[0].paired.object;
    *other = &both->ends[1].paired.object;
    return 0;
}
