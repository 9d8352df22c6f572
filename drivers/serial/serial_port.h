/* SPDX-License-Identifier: MIT */
/* A port of the device tree that may be the console: what the glue of serial drivers shares. */
#ifndef DRIVERS_SERIAL_SERIAL_PORT_H
#define DRIVERS_SERIAL_SERIAL_PORT_H

#include "serial_input.h"

#include <keel/console.h>
#include <keel/driver.h>

/* Embedded in a driver's own, at which device->priv points. */
struct serial_port {
    struct console console;
    struct serial_input input; /* whose `read` and `port` are set */
    uint64_t clock_hz;
    bool is_console;
};

/* Part of a driver's hook `interrupts`: has the console's input come by interrupt, and `listen` tell the
 * registers (port->input.port) so. Nothing on other ports, which nobody reads from yet, nor where the
 * tree tells of no interrupt. 0; errors of irq_request(). */
int serial_port_interrupts(struct serial_port *port, struct device *dev,
                           void (*listen)(void *uart));

/* Part of its hook `remove`: gives interrupt and console up. */
void serial_port_remove(struct serial_port *port);

#endif
