/* SPDX-License-Identifier: MIT */
/* What the files of ports share. */
#ifndef OBJECT_PORT_INTERNAL_H
#define OBJECT_PORT_INTERNAL_H

#include <keel/object_wait.h>
#include <keel/port.h>

/* A thread in port_wait(). */
struct port_waiter {
    struct list_node node; /* guarded by the port's lock */
    struct object_wait wait;
    keel_port_packet_t data;
    bool given; /* data is */
};

/* Takes the oldest packet out of the queue; NULL: it is empty. Expects the port's lock. */
static inline struct port_packet *port_first_packet(struct port *port)
{
    struct list_node *node = list_remove_head(&port->packets);

    return node ? list_entry(node, struct port_packet, node) : NULL;
}

/* port_queue.c: gives a packet to a thread that waits, or queues it. Expects the port's lock. */
void port_deliver_locked(struct port *port, struct port_packet *packet, struct cleanup *cleanup);

/* port_async.c: ends all waits whose packets would come to a port that is closed now. No lock held. */
void port_end_waits(struct port *port, struct cleanup *cleanup);

#endif
