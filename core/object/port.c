/* SPDX-License-Identifier: MIT */
/* The life of ports. */
#include "port_internal.h"

#include <keel/errno.h>
#include <keel/heap.h>

static void port_closed(struct object *object, struct cleanup *cleanup)
{
    struct port *port = port_of(object);
    unsigned long irq = spin_lock(object->lock);
    struct list_node *node;

    port->closed = true;
    while ((node = list_remove_head(&port->waiters)) != NULL) {
        struct port_waiter *waiter = list_entry(node, struct port_waiter, node);

        object_wait_end(&waiter->wait, -ECANCELED, cleanup);
    }
    spin_unlock(object->lock, irq);
    port_end_waits(port, cleanup);
}

static void port_destroy(struct object *object, struct cleanup *cleanup)
{
    struct port *port = port_of(object);
    struct port_packet *packet;

    (void)cleanup;
    while ((packet = port_first_packet(port)) != NULL) {
        kfree(packet->memory);
    }
    kfree(port);
}

static const struct object_ops port_ops = {
    .type = KEEL_OBJ_TYPE_PORT,
    .rights = KEEL_DEFAULT_PORT_RIGHTS,
    .name = "port",
    .closed = port_closed,
    .destroy = port_destroy,
};

int port_create(struct object **out)
{
    struct port *port = kzalloc(sizeof(*port));

    if (!port) {
        return -ENOMEM;
    }
    object_init(&port->object, &port_ops);
    list_init(&port->packets);
    list_init(&port->waiters);
    list_init(&port->waits);
    *out = &port->object;
    return 0;
}
