/* SPDX-License-Identifier: MIT */
/* Waits that end in a packet. Each is in two lists while it waits: its object's, and its port's. The lock
 * of the object is taken first, then the port's. */
#include "port_internal.h"

#include <keel/clock.h>
#include <keel/errno.h>
#include <keel/handle.h>
#include <keel/heap.h>

struct port_observer {
    struct observer observer;
    struct list_node node; /* in port->waits until it fires */
    struct port_packet packet;
    struct port *port;     /* a reference, until it fires */
    struct object *object; /* none: it has ended before the object does */
    uint32_t options;
};

static struct port_observer *port_observer_of(struct observer *observer)
{
    return container_of(observer, struct port_observer, observer);
}

/* Takes a wait off its port. Expects both locks. */
static void leave_port(struct port_observer *po)
{
    if (list_node_is_linked(&po->node)) {
        list_remove(&po->node);
    }
}

static void fired(struct observer *observer, keel_signals_t signals, struct cleanup *cleanup)
{
    struct port_observer *po = port_observer_of(observer);
    bool stamp = (po->options & KEEL_WAIT_ASYNC_TIMESTAMP) != 0;
    struct port *port = po->port;
    unsigned long irq;

    po->packet.data.signal.observed = signals;
    po->packet.data.signal.timestamp = stamp ? (keel_time_t)clock_ns() : 0;
    irq = spin_lock(&port->object.own_lock);
    leave_port(po);
    if (port->closed) {
        port->wait_count--;
        kfree(po);
    } else {
        port_deliver_locked(port, &po->packet, cleanup);
    }
    spin_unlock(&port->object.own_lock, irq);
    object_put_later(&port->object, cleanup);
}

static void cancelled(struct observer *observer, struct cleanup *cleanup)
{
    struct port_observer *po = port_observer_of(observer);
    struct port *port = po->port;
    unsigned long irq = spin_lock(&port->object.own_lock);

    leave_port(po);
    port->wait_count--;
    spin_unlock(&port->object.own_lock, irq);
    kfree(po);
    object_put_later(&port->object, cleanup);
}

static const struct observer_ops port_observer_ops = {fired, cancelled};

static struct port_observer *new_observer(struct port *port, struct object *object, uint64_t key,
                                          keel_signals_t signals, uint32_t options)
{
    struct port_observer *po = kzalloc(sizeof(*po));

    if (po) {
        po->observer.ops = &port_observer_ops;
        po->observer.waitfor = signals;
        po->packet.data.key = key;
        po->packet.data.type = KEEL_PKT_TYPE_SIGNAL_ONE;
        po->packet.data.signal.trigger = signals;
        po->packet.data.signal.count = 1;
        po->packet.memory = po;
        po->packet.uses = &port->wait_count;
        po->port = port;
        po->object = object;
        po->options = options;
    }
    return po;
}

/* Enters a wait at its port. Expects the object's lock. */
static int enter_port(struct port *port, struct port_observer *po)
{
    unsigned long irq = spin_lock(&port->object.own_lock);
    int err = port->closed ? -ECANCELED : port->wait_count == PORT_WAITS_MAX ? -ENOSPC : 0;

    if (err == 0) {
        port->wait_count++;
        list_add_tail(&port->waits, &po->node);
        object_get(&port->object);
    }
    spin_unlock(&port->object.own_lock, irq);
    return err;
}

/* Starts a wait, which may be over at once. */
static int start(struct port *port, struct port_observer *po, struct cleanup *cleanup)
{
    struct object *object = po->object;
    unsigned long irq = spin_lock(object->lock);
    int err = enter_port(port, po);

    if (err == 0) {
        bool there = (object->signals & po->observer.waitfor) != 0;

        if (there && (po->options & KEEL_WAIT_ASYNC_EDGE) == 0) {
            fired(&po->observer, object->signals, cleanup);
        } else {
            object_observe_locked(object, &po->observer);
        }
    }
    spin_unlock(object->lock, irq);
    return err;
}

int port_wait_async(struct port *port, struct object *object, uint64_t key, keel_signals_t signals,
                    uint32_t options, struct handle_table *table, keel_handle_t handle)
{
    struct cleanup cleanup = {0};
    struct port_observer *po;
    int err;

    if ((options & ~(KEEL_WAIT_ASYNC_TIMESTAMP | KEEL_WAIT_ASYNC_EDGE)) != 0 || signals == 0 ||
        object_type(object) == KEEL_OBJ_TYPE_PORT) {
        return -EINVAL;
    }
    po = new_observer(port, object, key, signals, options);
    if (!po) {
        return -ENOMEM;
    }
    po->observer.table = table;
    po->observer.handle = handle;
    err = start(port, po, &cleanup);
    if (err != 0) {
        kfree(po);
    }
    cleanup_run(&cleanup);
    if (err == 0 && table && !handle_names(table, handle, object)) {
        handle_cancel_waits(table, handle, object);
    }
    return err;
}

/* Whether a wait is to be cancelled. */
struct which {
    const struct port *port;
    bool all;
    uint64_t key;
    const struct handle_table *table;
    keel_handle_t handle;
};

static bool is_meant(const struct port_observer *po, const struct which *which)
{
    return po->port == which->port && (which->all || (po->packet.data.key == which->key &&
                                                      po->observer.table == which->table &&
                                                      po->observer.handle == which->handle));
}

static unsigned cancel_waiting(struct object *object, const struct which *which,
                               struct cleanup *cleanup)
{
    unsigned long irq = spin_lock(object->lock);
    struct observer *observer, *next;
    unsigned count = 0;

    list_for_each_entry_safe (observer, next, &object->observers, node) {
        if (observer->ops == &port_observer_ops && is_meant(port_observer_of(observer), which)) {
            list_remove(&observer->node);
            cancelled(observer, cleanup);
            count++;
        }
    }
    spin_unlock(object->lock, irq);
    return count;
}

static unsigned cancel_queued(struct port *port, const struct which *which)
{
    unsigned long irq = spin_lock(&port->object.own_lock);
    struct port_packet *packet, *next;
    unsigned count = 0;

    list_for_each_entry_safe (packet, next, &port->packets, node) {
        if (packet->uses == &port->wait_count) {
            struct port_observer *po = container_of(packet, struct port_observer, packet);

            if (is_meant(po, which)) {
                list_remove(&packet->node);
                port->wait_count--;
                kfree(po);
                count++;
            }
        }
    }
    spin_unlock(&port->object.own_lock, irq);
    return count;
}

int port_cancel(struct port *port, struct object *object, uint64_t key,
                const struct handle_table *table, keel_handle_t handle)
{
    struct which which = {.port = port, .key = key, .table = table, .handle = handle};
    struct cleanup cleanup = {0};
    unsigned count = cancel_waiting(object, &which, &cleanup);

    count += cancel_queued(port, &which);
    cleanup_run(&cleanup);
    return count != 0 ? 0 : -ENOENT;
}

/* The object of some wait of the port, with a reference; NULL: there are no waits. Those of objects that
 * are just ending are left to them. */
static struct object *some_object(struct port *port)
{
    unsigned long irq = spin_lock(&port->object.own_lock);
    struct object *object = NULL;

    while (!object && !list_is_empty(&port->waits)) {
        struct port_observer *po = list_first_entry(&port->waits, struct port_observer, node);

        if (refcount_get_unless_zero(&po->object->refs)) {
            object = po->object;
        } else {
            list_remove(&po->node);
        }
    }
    spin_unlock(&port->object.own_lock, irq);
    return object;
}

void port_end_waits(struct port *port, struct cleanup *cleanup)
{
    struct which which = {.port = port, .all = true};
    struct object *object;

    while ((object = some_object(port)) != NULL) {
        cancel_waiting(object, &which, cleanup);
        object_put_later(object, cleanup);
    }
}
