/* SPDX-License-Identifier: MIT */
/* Interrupts as objects (O8): lines of devices whose drivers are programs, and such that programs trigger.
 * Each is told to one thread that waits or to one port, and then not again until it has been acknowledged;
 * what comes meanwhile is told afterwards, as one. A line that is not edge-triggered is masked meanwhile. */
#ifndef KEEL_INTERRUPT_OBJECT_H
#define KEEL_INTERRUPT_OBJECT_H

#include <keel/interrupt.h>
#include <keel/object.h>
#include <keel/port.h>

/* The object for a line by number (irq_find_line()); mode: KEEL_INTERRUPT_MODE_. -EINVAL: no such line or
 * mode; -EBUSY: somebody has it; -ENOTSUP: it cannot be triggered so; -ENOMEM. Threads. */
int interrupt_create(uint32_t number, uint32_t mode, struct object **out);

/* One that only interrupt_trigger() triggers. -ENOMEM. */
int interrupt_create_virtual(struct object **out);

/* Has interrupts told to a port, by packets with the key. -EBUSY: they are told to one already, or a thread
 * waits; -ECANCELED: it was destroyed. No lock held. */
int interrupt_bind(struct object *object, struct port *port, uint64_t key);

/* Ends that; a packet that is in the port is taken back, and told to the next. -ENOENT: not this port. */
int interrupt_unbind(struct object *object, struct port *port);

/* Acknowledges the last one, and waits for the next; *out: when it came. -EBUSY: it is bound to a port, or
 * another thread waits; -ECANCELED: it was destroyed, or the process ends. Threads. */
int interrupt_wait(struct object *object, keel_time_t *out);

/* What was just waited for could not be told: it has come still. No lock held. */
void interrupt_put_back(struct object *object, keel_time_t when);

/* Acknowledges what was told; a packet that nobody has taken is taken back. -EAGAIN: nothing was told;
 * -ECANCELED. No lock held. */
int interrupt_ack(struct object *object);

/* Triggers a virtual one. -ENOTSUP: it is none; -ECANCELED. No lock held. */
int interrupt_trigger(struct object *object, keel_time_t when);

/* Gives the line up, and ends all waits. Once is enough. Threads. */
void interrupt_destroy(struct object *object);

#endif
