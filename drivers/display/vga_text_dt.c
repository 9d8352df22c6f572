/* SPDX-License-Identifier: MIT */
/* The VGA text screen of the device tree (binding keel,vga-text) and as an early console. */
#include "vga_text.h"

#include <keel/console.h>
#include <keel/errno.h>
#include <keel/vm.h>

/* Where every VGA has them in text mode (VGA Technical Reference, 2-45 and 2-62). */
#define CELLS_BASE 0xb8000
#define PORTS_BASE 0x3c0
#define PORTS_SIZE 0x20
#define CELLS_SIZE 0x8000
#define CELLS_MIN  ((uint64_t)VGA_COLUMNS * VGA_ROWS * 2) /* one screen */

static struct vga_text screen;
static struct console console;
static struct console early_console;

static void console_out(struct console *con, const char *text, size_t len)
{
    vga_text_write(con->priv, text, len);
}

static void fill_console(struct console *con)
{
    *con = (struct console){
        .name = "vga", .write = console_out, .priv = &screen, .where = screen.cells.phys};
}

static int vga_text_probe(struct device *dev)
{
    struct vga_text vga = {.row = 0};
    int status = device_registers(dev, 0, &vga.cells);

    if (status == 0) {
        status = device_registers(dev, 1, &vga.ports);
    }
    if (status < 0) {
        return status;
    }
    if (vga.cells.size < CELLS_MIN || vga.ports.size < PORTS_SIZE || !vga.cells.base) {
        return -EINVAL;
    }
    if (console.write) {
        return -EBUSY;
    }
    if (!early_console.write) {
        screen = vga;
        vga_text_start(&screen);
    }
    fill_console(&console);
    console_register(&console);
    return device_publish(dev, "screen");
}

static const char *const compatible[] = {"keel,vga-text", NULL};

DRIVER(vga_text, .name = "vga-text", .compatible = compatible, .level = DRIVER_CONSOLE,
       .probe = vga_text_probe);

static int vga_earlycon(const char *options)
{
    void __iomem *cells = vm_map_device(CELLS_BASE, CELLS_SIZE, VM_DEVICE);

    if (!cells) {
        return -ENOMEM;
    }
    if (early_console.write) {
        return -EBUSY;
    }
    screen = (struct vga_text){
        .cells = {.base = cells, .size = CELLS_SIZE, .phys = CELLS_BASE},
        .ports = {.port = PORTS_BASE, .size = PORTS_SIZE, .phys = PORTS_BASE},
    };
    vga_text_start(&screen);
    fill_console(&early_console);
    early_console.boot = true;
    console_register(&early_console);
    return 0;
}

EARLYCON(vga, "vga", vga_earlycon);
