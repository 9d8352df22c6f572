/* SPDX-License-Identifier: MIT */
/* The keyboard of the device tree (binding intel,i8042-keyboard) as an input of the console. */
#include "i8042.h"

#include "scancode.h"

#include <keel/byte_ring.h>
#include <keel/console.h>
#include <keel/errno.h>
#include <keel/irq.h>
#include <keel/spinlock.h>

static struct {
    struct i8042 kbc;
    struct scancode keys;
    struct spinlock lock; /* of all below */
    struct byte_ring typed;
    bool was_faster; /* keys were taken that an interrupt may still come for */
    struct irq *irq;
    struct console console;
} keyboard;

/* Takes what the keyboard has; whether it had anything. The lock is held. */
static bool take_keys(void)
{
    bool any = false;
    int byte;

    while ((byte = i8042_read(&keyboard.kbc)) >= 0) {
        const char *text = scancode_feed(&keyboard.keys, (uint8_t)byte);

        for (; *text != '\0'; text++) {
            byte_ring_put(&keyboard.typed, (uint8_t)*text);
        }
        any = true;
    }
    return any;
}

static enum irq_result interrupt(void *arg)
{
    unsigned long irq = spin_lock(&keyboard.lock);
    bool any = take_keys() || keyboard.was_faster;

    keyboard.was_faster = false;
    spin_unlock(&keyboard.lock, irq);
    if (!any) {
        return IRQ_NONE;
    }
    console_input_arrived();
    return IRQ_HANDLED;
}

/* Looks for itself too: interrupts may be off. */
static int console_in(struct console *con)
{
    unsigned long irq = spin_lock(&keyboard.lock);
    int byte;

    keyboard.was_faster |= take_keys();
    byte = byte_ring_get(&keyboard.typed);
    spin_unlock(&keyboard.lock, irq);
    return byte;
}

static int i8042_probe(struct device *dev)
{
    int status =
        keyboard.console.read != NULL ? -EBUSY : device_registers(dev, 0, &keyboard.kbc.data);

    if (status == 0) {
        status = device_registers(dev, 1, &keyboard.kbc.command);
    }
    if (status == 0) {
        status = i8042_start(&keyboard.kbc);
    }
    if (status != 0) {
        return status;
    }
    keyboard.console =
        (struct console){.name = "i8042", .read = console_in, .where = keyboard.kbc.data.phys};
    console_register(&keyboard.console);
    return device_publish(dev, "keyboard");
}

static int i8042_interrupts(struct device *dev)
{
    static const struct irq_request request = {.name = "keyboard", .handler = interrupt};
    struct fdt_irq spec;
    int status = device_interrupt(dev, 0, &spec);

    if (status == 0) {
        status = irq_request(&spec, &request, &keyboard.irq);
    }
    if (status == 0) {
        keyboard.console.announces = true;
        (void)interrupt(NULL); /* a key that waits has raised the line, and would not do so again */
    }
    return status;
}

static const char *const compatible[] = {"intel,i8042-keyboard", NULL};

DRIVER(i8042, .name = "i8042", .compatible = compatible, .level = DRIVER_CONSOLE,
       .probe = i8042_probe, .interrupts = i8042_interrupts);
