/* SPDX-License-Identifier: MIT */
/* 8250 ports of the device tree (bindings 8250 and snps-dw-apb-uart) and as an early console. */
#include "serial.h"
#include "serial_port.h"
#include "uart8250.h"

#include <keel/errno.h>
#include <keel/serial.h>

#define REGISTERS     8
#define REG_SHIFT_MAX 4
#define DW_COMPATIBLE "snps,dw-apb-uart"

struct uart8250_port {
    struct uart8250 uart; /* io.size 0: free */
    struct serial_port serial;
};

static struct uart8250_port ports[SERIAL_PORTS_MAX];

static void console_out(struct console *con, const char *text, size_t len)
{
    uart8250_write(con->priv, text, len);
}

static int console_in(struct console *con)
{
    return uart8250_read(con->priv);
}

static int read_port(void *uart)
{
    return uart8250_read(uart);
}

static void listen(void *uart)
{
    uart8250_listen(uart);
}

static void fill_console(struct console *con, struct uart8250 *uart)
{
    *con = (struct console){
        .name = "uart8250",
        .write = console_out,
        .read = console_in,
        .priv = uart,
        .where = uart->io.phys,
    };
}

static struct uart8250_port *free_port(void)
{
    for (size_t i = 0; i < SERIAL_PORTS_MAX; i++) {
        if (ports[i].uart.io.size == 0) {
            return &ports[i];
        }
    }
    return NULL;
}

/* A property of one cell, or what its absence means. */
static uint32_t cell_or(const struct device *dev, const char *name, uint32_t otherwise)
{
    uint32_t value;

    return fdt_prop_u32(&system_fdt, dev->node, name, &value) == 0 ? value : otherwise;
}

static int read_layout(struct device *dev, struct uart8250 *uart)
{
    int status = device_registers(dev, 0, &uart->io);

    if (status < 0) {
        return status;
    }
    uart->reg_shift = cell_or(dev, "reg-shift", 0);
    uart->io_width = cell_or(dev, "reg-io-width", 1);
    uart->busy_detect = fdt_is_compatible(&system_fdt, dev->node, DW_COMPATIBLE);
    if (uart->reg_shift > REG_SHIFT_MAX || uart->io.size < (uint64_t)REGISTERS << uart->reg_shift ||
        (uart->io_width != 1 && uart->io_width != 2 && uart->io_width != 4)) {
        return -EINVAL;
    }
    return 0;
}

static int start_console(struct uart8250_port *port)
{
    uint32_t baud = serial_options_baud(device_console_options());
    int status = uart8250_start(&port->uart, port->serial.clock_hz, baud);

    if (status == 0) {
        fill_console(&port->serial.console, &port->uart);
        port->serial.is_console = true;
        console_register(&port->serial.console);
    }
    return status;
}

static int uart8250_probe(struct device *dev)
{
    struct uart8250_port *port = free_port();
    struct uart8250 uart = {.stalled = false};
    int status = port ? read_layout(dev, &uart) : -ENOMEM;

    if (status < 0) {
        return status;
    }
    *port = (struct uart8250_port){.uart = uart, .serial.clock_hz = device_clock_hz(dev, 0)};
    port->serial.input.read = read_port;
    port->serial.input.port = &port->uart;
    dev->priv = port;
    if (device_claim_console(dev)) {
        status = start_console(port);
    }
    if (status < 0) {
        port->uart.io.size = 0;
        return status;
    }
    return device_publish(dev, "serial");
}

static int uart8250_interrupts(struct device *dev)
{
    struct uart8250_port *port = dev->priv;

    return serial_port_interrupts(&port->serial, dev, listen);
}

static void uart8250_remove(struct device *dev)
{
    struct uart8250_port *port = dev->priv;

    serial_port_remove(&port->serial);
    *port = (struct uart8250_port){.serial.is_console = false};
}

static int uart8250_control(struct device *dev, uint32_t request, void *arg, size_t size)
{
    struct uart8250_port *port = dev->priv;
    unsigned long irq;

    if (request != SERIAL_GET_LINE) {
        return -ENOTSUP;
    }
    if (size != sizeof(struct serial_line)) {
        return -EINVAL;
    }
    irq = spin_lock(&port->serial.input.lock);
    *(struct serial_line *)arg = (struct serial_line){
        .clock_hz = port->serial.clock_hz,
        .baud = port->serial.clock_hz ? uart8250_baud(&port->uart, port->serial.clock_hz) : 0,
        .console = port->serial.is_console,
    };
    spin_unlock(&port->serial.input.lock, irq);
    return 0;
}

static const char *const compatible[] = {"ns16550a", "ns16550",     "ns16450",
                                         "ns8250",   DW_COMPATIBLE, NULL};

DRIVER(uart8250, .name = "uart8250", .compatible = compatible, .level = DRIVER_CONSOLE,
       .probe = uart8250_probe, .interrupts = uart8250_interrupts, .remove = uart8250_remove,
       .control = uart8250_control);

static int uart8250_earlycon(const char *options)
{
    static struct uart8250 uart;
    static struct console console;
    struct earlycon_place place;
    int status;

    if (console.write) {
        return -EBUSY;
    }
    status = earlycon_place(options, REGISTERS, &place);
    if (status < 0) {
        return status;
    }
    uart =
        (struct uart8250){.io = place.io, .io_width = place.io_width, .reg_shift = place.reg_shift};
    status = uart8250_start(&uart, 0, 0);
    if (status < 0) {
        return status;
    }
    fill_console(&console, &uart);
    console.boot = true;
    console_register(&console);
    return 0;
}

EARLYCON(uart8250, "uart8250", uart8250_earlycon);
EARLYCON(ns16550a, "ns16550a", uart8250_earlycon);
