/* SPDX-License-Identifier: MIT */
/* Objects that come in pairs: event pairs, channels. Both ends lie in one block of memory, which goes when
 * both have ended, and share one lock; so each finds the other without a reference. */
#ifndef KEEL_PAIRED_H
#define KEEL_PAIRED_H

#include <keel/object_signal.h>

/* What both ends share; it begins their block. */
struct pair {
    struct spinlock lock; /* object.lock of both */
    struct refcount ends; /* that live */
    bool closed;          /* at least one of them; guarded by the lock */
};

/* Begins every such object. */
struct paired {
    struct object object;
    struct pair *pair;
    struct paired *peer; /* the other one, closed or not */
    bool closed;         /* there are no handles any more; guarded by the lock */
};

/* Fills in a pair with a handle to each in the caller's hand. */
void pair_init(struct pair *pair, struct paired *one, struct paired *other,
               const struct object_ops *ops);

/* Closes an end: the peer loses the signals `clear` and has KEEL_OBJECT_PEER_CLOSED. Expects the lock. */
void paired_close_locked(struct paired *end, keel_signals_t clear, struct cleanup *cleanup);

/* An end has ended; the block goes with the second. */
void paired_free(struct paired *end);

/* Changes the peer's signals, for a user. -ENOTTY: the object has no peer; -EINVAL: users may not change
 * these; -EPIPE. No lock held. */
int object_signal_peer_by_user(struct object *object, keel_signals_t clear, keel_signals_t set);

/* The koid of the other end; KEEL_KOID_INVALID: there is none. */
keel_koid_t object_peer_koid(const struct object *object);

static inline struct paired *paired_of(struct object *object)
{
    return container_of(object, struct paired, object);
}

#endif
