/* SPDX-License-Identifier: MIT */
/* Packets in, packets out. A packet goes straight to a thread that waits. */
#include "port_internal.h"

#include <keel/errno.h>
#include <keel/heap.h>

/* A packet is out of the queue, or never was in, and has been copied. Expects the port's lock. */
static void done_with(struct port_packet *packet)
{
    if (packet->uses) {
        (*packet->uses)--;
    }
    kfree(packet->memory);
}

/* Gives a packet to the thread that has waited longest; false: none waits. Expects the port's lock. */
static bool hand_over(struct port *port, const keel_port_packet_t *data, struct cleanup *cleanup)
{
    struct list_node *node = list_remove_head(&port->waiters);
    struct port_waiter *waiter;

    if (!node) {
        return false;
    }
    waiter = list_entry(node, struct port_waiter, node);
    waiter->data = *data;
    waiter->given = true;
    object_wait_end(&waiter->wait, 0, cleanup);
    return true;
}

void port_deliver_locked(struct port *port, struct port_packet *packet, struct cleanup *cleanup)
{
    if (hand_over(port, &packet->data, cleanup)) {
        done_with(packet);
    } else {
        list_add_tail(&port->packets, &packet->node);
    }
}

void port_queue_own(struct port *port, struct port_packet *packet, struct cleanup *cleanup)
{
    unsigned long irq = spin_lock(&port->object.own_lock);

    if (!port->closed && !list_node_is_linked(&packet->node)) {
        port_deliver_locked(port, packet, cleanup);
    }
    spin_unlock(&port->object.own_lock, irq);
}

bool port_take_back(struct port *port, struct port_packet *packet)
{
    unsigned long irq = spin_lock(&port->object.own_lock);
    bool was_there = list_node_is_linked(&packet->node);

    if (was_there) {
        list_remove(&packet->node);
    }
    spin_unlock(&port->object.own_lock, irq);
    return was_there;
}

/* Queues a user's packet for good, or finds that there are too many. */
static int queue(struct port *port, struct port_packet *packet)
{
    struct cleanup cleanup = {0};
    unsigned long irq = spin_lock(&port->object.own_lock);
    bool room = port->user_packets < PORT_USER_PACKETS_MAX;

    if (room) {
        port->user_packets++;
        packet->uses = &port->user_packets;
        port_deliver_locked(port, packet, &cleanup);
    }
    spin_unlock(&port->object.own_lock, irq);
    cleanup_run(&cleanup);
    return room ? 0 : -EAGAIN;
}

int port_queue(struct port *port, const keel_port_packet_t *data)
{
    struct port_packet *packet = kmalloc(sizeof(*packet));
    int err;

    if (!packet) {
        return -ENOMEM;
    }
    *packet = (struct port_packet){.data = *data, .memory = packet};
    packet->data.type = KEEL_PKT_TYPE_USER;
    err = queue(port, packet);
    if (err != 0) {
        kfree(packet);
    }
    return err;
}

/* Waits for a packet that is handed over; a wait that ended otherwise at the same moment still has it. */
static int wait_for_packet(struct port *port, struct port_waiter *waiter, uint64_t deadline_ns,
                           uint64_t slack_ns)
{
    int status = object_wait_block(&waiter->wait, deadline_ns, slack_ns);
    unsigned long irq = spin_lock(&port->object.own_lock);

    if (list_node_is_linked(&waiter->node)) {
        list_remove(&waiter->node);
    }
    spin_unlock(&port->object.own_lock, irq);
    return waiter->given ? 0 : status;
}

int port_wait(struct port *port, uint64_t deadline_ns, uint64_t slack_ns, keel_port_packet_t *out)
{
    struct port_waiter waiter = {0};
    unsigned long irq = spin_lock(&port->object.own_lock);
    struct port_packet *packet = port_first_packet(port);
    int status = 0;

    if (packet) {
        waiter.data = packet->data;
        done_with(packet);
    } else if (port->closed) {
        status = -ECANCELED;
    } else {
        list_add_tail(&port->waiters, &waiter.node);
    }
    spin_unlock(&port->object.own_lock, irq);
    if (!packet && status == 0) {
        status = wait_for_packet(port, &waiter, deadline_ns, slack_ns);
    }
    *out = waiter.data;
    return status;
}
