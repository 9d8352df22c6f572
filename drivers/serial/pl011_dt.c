/* SPDX-License-Identifier: MIT */
/* PL011 ports of the device tree (binding arm,pl011) and as an early console. */
#include "pl011.h"
#include "serial.h"
#include "serial_port.h"

#include <keel/errno.h>
#include <keel/serial.h>

#define REGISTERS_SIZE 0x48 /* up to the DMA control register */

struct pl011_port {
    struct pl011 uart; /* base NULL: free */
    struct serial_port serial;
};

static struct pl011_port ports[SERIAL_PORTS_MAX];

static void console_out(struct console *con, const char *text, size_t len)
{
    pl011_write(con->priv, text, len);
}

static int console_in(struct console *con)
{
    return pl011_read(con->priv);
}

static int read_port(void *uart)
{
    return pl011_read(uart);
}

static void listen(void *uart)
{
    pl011_listen(uart);
}

static void fill_console(struct console *con, struct pl011 *uart)
{
    *con = (struct console){
        .name = "pl011",
        .write = console_out,
        .read = console_in,
        .priv = uart,
        .where = uart->io.phys,
    };
}

static struct pl011_port *free_port(void)
{
    for (size_t i = 0; i < SERIAL_PORTS_MAX; i++) {
        if (!ports[i].uart.io.base) {
            return &ports[i];
        }
    }
    return NULL;
}

static int pl011_probe(struct device *dev)
{
    struct pl011_port *port = free_port();
    struct io_region io;
    int status = port ? device_registers(dev, 0, &io) : -ENOMEM;

    if (status < 0) {
        return status;
    }
    if (!io.base || io.size < REGISTERS_SIZE) {
        return -EINVAL;
    }
    *port = (struct pl011_port){.uart = {.io = io}, .serial.clock_hz = device_clock_hz(dev, 0)};
    port->serial.input.read = read_port;
    port->serial.input.port = &port->uart;
    dev->priv = port;
    device_publish(dev, "serial");
    if (device_claim_console(dev)) {
        pl011_start(&port->uart, port->serial.clock_hz,
                    serial_options_baud(device_console_options()));
        fill_console(&port->serial.console, &port->uart);
        port->serial.is_console = true;
        console_register(&port->serial.console);
    }
    return 0;
}

static int pl011_interrupts(struct device *dev)
{
    struct pl011_port *port = dev->priv;

    return serial_port_interrupts(&port->serial, dev, listen);
}

static void pl011_remove(struct device *dev)
{
    struct pl011_port *port = dev->priv;

    serial_port_remove(&port->serial);
    *port = (struct pl011_port){.serial.is_console = false};
}

static int pl011_control(struct device *dev, uint32_t request, void *arg, size_t size)
{
    struct pl011_port *port = dev->priv;

    if (request != SERIAL_GET_LINE) {
        return -ENOTSUP;
    }
    if (size != sizeof(struct serial_line)) {
        return -EINVAL;
    }
    *(struct serial_line *)arg = (struct serial_line){
        .clock_hz = port->serial.clock_hz,
        .baud = pl011_baud(&port->uart, port->serial.clock_hz),
        .console = port->serial.is_console,
    };
    return 0;
}

static const char *const compatible[] = {"arm,pl011", NULL};

DRIVER(pl011, .name = "pl011", .compatible = compatible, .level = DRIVER_CONSOLE,
       .probe = pl011_probe, .interrupts = pl011_interrupts, .remove = pl011_remove,
       .control = pl011_control);

static int pl011_earlycon(const char *options)
{
    static struct pl011 uart;
    static struct console console;
    struct earlycon_place place;
    int status;

    if (console.write) {
        return -EBUSY;
    }
    status = earlycon_place(options, REGISTERS_SIZE, &place);
    if (status < 0) {
        return status;
    }
    if (!place.io.base) {
        return -EINVAL;
    }
    uart.io = place.io;
    fill_console(&console, &uart);
    console.boot = true;
    pl011_start(&uart, 0, 0);
    console_register(&console);
    return 0;
}

EARLYCON(pl011, "pl011", pl011_earlycon);
