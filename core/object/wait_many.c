/* SPDX-License-Identifier: MIT */
/* Waiting for signals: an observer on each object, all of one wait. */
#include <keel/errno.h>
#include <keel/handle.h>
#include <keel/object_wait.h>

static struct wait_entry *entry_of(struct observer *observer)
{
    return container_of(observer, struct wait_entry, observer);
}

static void fired(struct observer *observer, keel_signals_t signals, struct cleanup *cleanup)
{
    struct wait_entry *entry = entry_of(observer);

    entry->pending = signals;
    object_wait_end(entry->wait, 0, cleanup);
}

static void cancelled(struct observer *observer, struct cleanup *cleanup)
{
    struct wait_entry *entry = entry_of(observer);

    entry->pending = KEEL_SIGNAL_HANDLE_CLOSED;
    object_wait_end(entry->wait, -ECANCELED, cleanup);
}

static const struct observer_ops entry_ops = {fired, cancelled};

/* Starts watching an object; true: it has what is waited for. */
static bool watch(struct wait_entry *entry, struct object_wait *wait,
                  const struct handle_table *table)
{
    struct object *object = entry->object;
    unsigned long irq;
    bool there;

    entry->pending = 0;
    entry->wait = wait;
    entry->observer = (struct observer){
        .ops = &entry_ops, .waitfor = entry->waitfor, .handle = entry->handle, .table = table};
    irq = spin_lock(object->lock);
    there = (object->signals & entry->waitfor) != 0;
    if (there) {
        entry->pending = object->signals;
    } else {
        object_observe_locked(object, &entry->observer);
    }
    spin_unlock(object->lock, irq);
    return there;
}

/* Its handle was closed before the observer was there to be told: `table` is without it. */
static void check_handle(struct wait_entry *entry, struct handle_table *table)
{
    if (!handle_names(table, entry->handle, entry->object)) {
        handle_cancel_waits(table, entry->handle, entry->object);
    }
}

static void unwatch(struct wait_entry *entry)
{
    struct object *object = entry->object;
    unsigned long irq = spin_lock(object->lock);

    if (list_node_is_linked(&entry->observer.node)) {
        list_remove(&entry->observer.node);
    }
    entry->pending |= object->signals;
    spin_unlock(object->lock, irq);
}

int object_wait_many(struct wait_entry *entries, unsigned count, struct handle_table *table,
                     uint64_t deadline_ns, uint64_t slack_ns)
{
    struct object_wait wait = {0};
    unsigned watched = 0;
    bool there = false;
    int status = 0;

    while (watched < count && !there) {
        there = watch(&entries[watched++], &wait, table);
    }
    if (!there) {
        for (unsigned i = 0; table && i < count; i++) {
            check_handle(&entries[i], table);
        }
        status = object_wait_block(&wait, deadline_ns, slack_ns);
    }
    for (unsigned i = 0; i < count; i++) {
        if (i >= watched) {
            entries[i].observer.node = (struct list_node){0};
            entries[i].pending = 0;
        }
        unwatch(&entries[i]);
    }
    return status;
}
