/* SPDX-License-Identifier: MIT */
/* Ports (O6): queues of packets from users, from objects that are waited for, from interrupts. */
#ifndef KEEL_PORT_H
#define KEEL_PORT_H

#include <keel/object_signal.h>
#include <keel/packet.h>

struct port;

/* A port takes so many packets of users, and so many waits with their packets. */
#define PORT_USER_PACKETS_MAX 4096u
#define PORT_WAITS_MAX        16384u

/* A packet in a port, or to come there: of whoever queues it until it is taken. */
struct port_packet {
    struct list_node node; /* linked while it waits; guarded by the port's lock */
    keel_port_packet_t data;
    void *memory;   /* freed with kfree() when it has been taken; NULL: its owner keeps it */
    uint32_t *uses; /* one less then */
};

/* -ENOMEM. Any context. */
int port_create(struct object **out);

static inline struct port *port_of(struct object *object);

/* Queues a copy of a user's packet; its type becomes KEEL_PKT_TYPE_USER. -ENOMEM; -EAGAIN: there are too
 * many. Threads. */
int port_queue(struct port *port, const keel_port_packet_t *packet);

/* Queues a packet whose owner keeps it, unless it is there already; nothing where the port is closed. Any
 * context; locks of objects other than ports may be held, cleanup_run() follows. */
void port_queue_own(struct port *port, struct port_packet *packet, struct cleanup *cleanup);

/* Takes such a packet back; true: it was still there. Then, or when it never was, it is the owner's. */
bool port_take_back(struct port *port, struct port_packet *packet);

/* Takes the oldest packet, waiting for one. The caller has seen to it that giving it on cannot fail.
 * -ETIMEDOUT; -ECANCELED: the last handle to the port was closed, or the process ends. Threads. */
int port_wait(struct port *port, uint64_t deadline_ns, uint64_t slack_ns, keel_port_packet_t *out);

/*
 * Has a packet queued when the object has some of the signals: once. options: KEEL_WAIT_ASYNC_*. The wait
 * ends with the handle that it was made through (table NULL: none). -ENOMEM; -EINVAL; -ENOSPC: too many
 * waits; -ECANCELED: the port was closed. Threads.
 */
int port_wait_async(struct port *port, struct object *object, uint64_t key, keel_signals_t signals,
                    uint32_t options, struct handle_table *table, keel_handle_t handle);

/* Ends the waits with that key made through a handle of an object, and takes their packets back.
 * -ENOENT: there was nothing. Threads. */
int port_cancel(struct port *port, struct object *object, uint64_t key,
                const struct handle_table *table, keel_handle_t handle);

/* For port_of(): an object begins every one. */
struct port {
    struct object object;
    struct list packets; /* all below is guarded by the object's lock */
    struct list waiters;
    struct list waits; /* struct port_observer: those that have not fired */
    uint32_t user_packets;
    uint32_t wait_count; /* with the packets of those that have */
    bool closed;
};

static inline struct port *port_of(struct object *object)
{
    return container_of(object, struct port, object);
}

#endif
