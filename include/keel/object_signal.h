/* SPDX-License-Identifier: MIT */
/* Signals of objects (O7), and who waits for them. */
#ifndef KEEL_OBJECT_SIGNAL_H
#define KEEL_OBJECT_SIGNAL_H

#include <keel/object.h>

struct observer;

struct observer_ops {
    /* Some signal it waits for has come; it was taken off the object, whose lock is held. */
    void (*fired)(struct observer *observer, keel_signals_t signals, struct cleanup *cleanup);
    /* The handle it waits through has left its table, or the object ends; likewise. */
    void (*cancelled)(struct observer *observer, struct cleanup *cleanup);
};

/* Waits for signals, once. Kept by whoever waits, linked in the object meanwhile. */
struct observer {
    struct list_node node; /* guarded by the object's lock */
    const struct observer_ops *ops;
    keel_signals_t waitfor;
    keel_handle_t handle; /* it waits through this one of that table; NULL: through none */
    const struct handle_table *table;
};

/* Clears some signals and sets others. Any context; no spinlock held. */
void object_signal(struct object *object, keel_signals_t clear, keel_signals_t set);

/* The same with the object's lock held; cleanup_run() follows when it is let go. */
void object_signal_locked(struct object *object, keel_signals_t clear, keel_signals_t set,
                          struct cleanup *cleanup);

/* For the call of that name: -EINVAL where users may not change some of them on this type. */
int object_signal_by_user(struct object *object, keel_signals_t clear, keel_signals_t set);

/* The signals there are; out of date at once. */
static inline keel_signals_t object_signals(const struct object *object)
{
    return __atomic_load_n(&object->signals, __ATOMIC_RELAXED);
}

/* Adds an observer, with the object's lock held. */
static inline void object_observe_locked(struct object *object, struct observer *observer)
{
    list_add_tail(&object->observers, &observer->node);
}

/* Ends the waits through a handle that has left its table. No spinlock held; cleanup_run() follows. */
void object_cancel_observers(struct object *object, const struct handle_table *table,
                             keel_handle_t handle, struct cleanup *cleanup);

#endif
