/* SPDX-License-Identifier: MIT */
/* Kernel objects (O2): what user space reaches through handles. An object lives while somebody refers to
 * it; it is open while there are handles to it, in tables or in messages on their way. */
#ifndef KEEL_OBJECT_H
#define KEEL_OBJECT_H

#include <keel/base.h>
#include <keel/list.h>
#include <keel/objects.h>
#include <keel/refcount.h>
#include <keel/rights.h>
#include <keel/signals.h>
#include <keel/spinlock.h>
#include <keel/types.h>

struct object;
struct handle_table;

/* What is to be done once no spinlock is held any more: objects to destroy, threads that were woken. On
 * the stack of who began, all zero at first, ended by cleanup_run(). So however deep objects hold each
 * other, nothing recurses. */
struct cleanup {
    struct object *dead;
    bool woken;
};

struct object_ops {
    keel_obj_type_t type;
    keel_rights_t rights;      /* of the first handle */
    keel_signals_t changeable; /* by users, through object_signal calls */
    const char *name;
    bool paired; /* the object is a struct paired (paired.h) */
    /* The last handle was closed; NULL: nothing to do. There may still be references, and handles may
     * come again where the type allows it. No lock held. */
    void (*closed)(struct object *object, struct cleanup *cleanup);
    /* Nobody refers to it: frees it. What it held is given up through `cleanup`. No lock held; a port may
     * end in an interrupt, all else ends in threads. */
    void (*destroy)(struct object *object, struct cleanup *cleanup);
};

struct object {
    const struct object_ops *ops;
    struct refcount refs;    /* one more while there are handles */
    struct refcount handles; /* in tables and in messages */
    struct spinlock *lock;   /* guards signals and observers: own_lock, or one shared with a peer */
    keel_signals_t signals;
    struct spinlock own_lock;
    struct list observers;    /* who waits for signals (object_signal.h) */
    struct object *next_dead; /* in a struct cleanup */
    keel_koid_t koid;
};

/* Fills in a new object with one handle in the hand of the caller, who gives it to handle_install(), or to
 * object_close(). Any context. */
void object_init(struct object *object, const struct object_ops *ops);

/* Gives one up that nobody else knows yet, whose memory is the caller's. Any context. */
void object_abandon(struct object *object);

/* One reference more, by who has one. Any context. */
static inline void object_get(struct object *object)
{
    refcount_get(&object->refs);
}

/* The last reference went: destroys the object. */
void object_end(struct object *object);

/* One reference less; the last destroys the object before this returns. No spinlock held. */
static inline void object_put(struct object *object)
{
    if (unlikely(refcount_put(&object->refs))) {
        object_end(object);
    }
}

/* The same, destroyed in cleanup_run(). Spinlocks may be held. */
void object_put_later(struct object *object, struct cleanup *cleanup);

/* One handle more, by who has a reference. Any context. */
void object_open(struct object *object);

/* One handle less, which is in the caller's hand; the last one closes the object, peers see that before
 * this returns. No spinlock held. */
void object_close(struct object *object);

/* The same; closed at once, destroyed in cleanup_run(). No spinlock held. */
void object_close_into(struct object *object, struct cleanup *cleanup);

/* Destroys what has died, and what dies by that; then runs a more urgent thread that was woken. No
 * spinlock held; preemptible as its caller is. */
void cleanup_run(struct cleanup *cleanup);

/* Objects that live; for tests and statistics. */
uint64_t object_count(void);

static inline keel_obj_type_t object_type(const struct object *object)
{
    return object->ops->type;
}

#endif
