/* SPDX-License-Identifier: MIT */
/* A serial port as the console: its input by interrupt, and its end. */
#include "serial_port.h"

#include <keel/errno.h>

static int read_received(struct console *con)
{
    return serial_input_read(&container_of(con, struct serial_port, console)->input);
}

int serial_port_interrupts(struct serial_port *port, struct device *dev, void (*listen)(void *uart))
{
    int status = port->is_console ? serial_input_start(&port->input, dev) : -ENOENT;

    if (status == 0) {
        port->console.announces = true;
        port->console.read = read_received;
        listen(port->input.port);
    }
    return status == -ENOENT ? 0 : status;
}

void serial_port_remove(struct serial_port *port)
{
    serial_input_stop(&port->input);
    if (port->is_console) {
        console_unregister(&port->console);
    }
}
