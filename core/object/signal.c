/* SPDX-License-Identifier: MIT */
/* Signals and their observers, under the object's lock. */
#include <keel/errno.h>
#include <keel/object_signal.h>

/* Tells those who wait for one of the signals. Expects the object's lock. */
static void fire(struct object *object, struct cleanup *cleanup)
{
    struct observer *observer, *next;

    list_for_each_entry_safe (observer, next, &object->observers, node) {
        if ((observer->waitfor & object->signals) != 0) {
            list_remove(&observer->node);
            observer->ops->fired(observer, object->signals, cleanup);
        }
    }
}

void object_signal_locked(struct object *object, keel_signals_t clear, keel_signals_t set,
                          struct cleanup *cleanup)
{
    keel_signals_t before = object->signals, after = (before & ~clear) | set;

    if (after == before) {
        return;
    }
    __atomic_store_n(&object->signals, after, __ATOMIC_RELAXED);
    if ((after & ~before) != 0 && !list_is_empty(&object->observers)) {
        fire(object, cleanup);
    }
}

void object_signal(struct object *object, keel_signals_t clear, keel_signals_t set)
{
    struct cleanup cleanup = {0};
    unsigned long irq = spin_lock(object->lock);

    object_signal_locked(object, clear, set, &cleanup);
    spin_unlock(object->lock, irq);
    cleanup_run(&cleanup);
}

int object_signal_by_user(struct object *object, keel_signals_t clear, keel_signals_t set)
{
    if (((clear | set) & ~object->ops->changeable) != 0) {
        return -EINVAL;
    }
    object_signal(object, clear, set);
    return 0;
}

void object_cancel_observers(struct object *object, const struct handle_table *table,
                             keel_handle_t handle, struct cleanup *cleanup)
{
    unsigned long irq = spin_lock(object->lock);
    struct observer *observer, *next;

    /* Who adds one from now on looks afterwards whether the handle still is there, and it is not. */
    list_for_each_entry_safe (observer, next, &object->observers, node) {
        if (observer->table == table && observer->handle == handle) {
            list_remove(&observer->node);
            observer->ops->cancelled(observer, cleanup);
        }
    }
    spin_unlock(object->lock, irq);
}
