/* SPDX-License-Identifier: MIT */
/* Two ends in one block of memory. */
#include <keel/errno.h>
#include <keel/heap.h>
#include <keel/paired.h>

static void init_end(struct paired *end, struct pair *pair, struct paired *peer,
                     const struct object_ops *ops)
{
    object_init(&end->object, ops);
    end->object.lock = &pair->lock;
    end->pair = pair;
    end->peer = peer;
    end->closed = false;
}

void pair_init(struct pair *pair, struct paired *one, struct paired *other,
               const struct object_ops *ops)
{
    spin_init(&pair->lock);
    refcount_set(&pair->ends, 2);
    pair->closed = false;
    init_end(one, pair, other, ops);
    init_end(other, pair, one, ops);
}

void paired_close_locked(struct paired *end, keel_signals_t clear, struct cleanup *cleanup)
{
    end->closed = true;
    end->pair->closed = true;
    if (!end->peer->closed) {
        object_signal_locked(&end->peer->object, clear, KEEL_OBJECT_PEER_CLOSED, cleanup);
    }
}

void paired_free(struct paired *end)
{
    if (refcount_put(&end->pair->ends)) {
        kfree(end->pair);
    }
}

int object_signal_peer_by_user(struct object *object, keel_signals_t clear, keel_signals_t set)
{
    struct cleanup cleanup = {0};
    struct paired *peer;
    unsigned long irq;
    int err = 0;

    if (!object->ops->paired) {
        return -ENOTTY;
    }
    if (((clear | set) & ~object->ops->changeable) != 0) {
        return -EINVAL;
    }
    peer = paired_of(object)->peer;
    irq = spin_lock(object->lock);
    if (peer->closed) {
        err = -EPIPE;
    } else {
        object_signal_locked(&peer->object, clear, set, &cleanup);
    }
    spin_unlock(object->lock, irq);
    cleanup_run(&cleanup);
    return err;
}

keel_koid_t object_peer_koid(const struct object *object)
{
    return object->ops->paired ? container_of(object, struct paired, object)->peer->object.koid
                               : KEEL_KOID_INVALID;
}
