/* SPDX-License-Identifier: MIT */
/* The debug console port of emulators: what is written appears, nothing can be read. */
#include <keel/console.h>
#include <keel/driver.h>
#include <keel/errno.h>
#include <keel/parse.h>

#define PRESENT      0xe9 /* what a read of the port gives, whichever port it is */
#define PORT_DEFAULT 0xe9

static struct io_region port;

static void console_out(struct console *con, const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        io_write8(&port, 0, (uint8_t)text[i]);
    }
}

static struct console console = {.name = "debugcon", .write = console_out};
static struct console early_console = {.name = "debugcon", .write = console_out, .boot = true};

static int start(const struct io_region *io, struct console *con)
{
    if (io_read8(io, 0) != PRESENT) {
        return -ENODEV;
    }
    port = *io;
    con->where = io->phys;
    console_register(con);
    return 0;
}

static int debugcon_probe(struct device *dev)
{
    struct io_region io;
    int status = device_registers(dev, 0, &io);

    return status < 0 ? status : start(&io, &console);
}

static const char *const compatible[] = {"qemu,isa-debugcon", NULL};

DRIVER(debugcon, .name = "debugcon", .compatible = compatible, .level = DRIVER_CONSOLE,
       .probe = debugcon_probe);

static int debugcon_earlycon(const char *options)
{
    struct io_region io = {.port = PORT_DEFAULT, .size = 1, .phys = PORT_DEFAULT};
    uint64_t number = PORT_DEFAULT;

    if (options[0] && (kstrtou64(options, 0, &number) < 0 || number > UINT16_MAX)) {
        return -EINVAL;
    }
    io.port = (uint16_t)number;
    io.phys = number;
    return start(&io, &early_console);
}

EARLYCON(debugcon, "debugcon", debugcon_earlycon);
