/* SPDX-License-Identifier: MIT */
/* What a port receives, taken by its interrupt and kept until the console asks. */
#ifndef DRIVERS_SERIAL_SERIAL_INPUT_H
#define DRIVERS_SERIAL_SERIAL_INPUT_H

#include <keel/byte_ring.h>
#include <keel/console.h>
#include <keel/driver.h>
#include <keel/irq.h>
#include <keel/spinlock.h>

struct serial_input {
    struct spinlock lock;    /* of the registers that interrupts read, and of all below */
    int (*read)(void *port); /* the next byte that the port has, or -EAGAIN; the lock is held */
    void *port;
    struct irq *irq; /* NULL: none, the port is polled */
    bool was_faster; /* bytes were taken that an interrupt may still come for */
    struct byte_ring received;
};

/* Requests the device's interrupt for a port whose `read` and `port` are set; then the port may be told to
 * interrupt. 0; -ENOENT: the tree tells of none; errors of irq_request(). */
int serial_input_start(struct serial_input *input, struct device *dev);

/* Gives it up, if it was requested. */
void serial_input_stop(struct serial_input *input);

/* The next byte, or -EAGAIN. Looks for itself too: interrupts may be off. */
int serial_input_read(struct serial_input *input);

#endif
