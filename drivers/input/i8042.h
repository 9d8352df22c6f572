/* SPDX-License-Identifier: MIT */
/* The keyboard controller of a PC (IBM PS/2 Hardware Interface Technical Reference, Keyboard and
 * Auxiliary Device Controller): registers only. */
#ifndef DRIVERS_INPUT_I8042_H
#define DRIVERS_INPUT_I8042_H

#include <keel/driver.h>

struct i8042 {
    struct io_region data, command;
};

/* Sets the controller up for a keyboard that sends scan code set 1 and raises interrupts; the second
 * port is off. -ENODEV when there is no controller, or it is dead. */
int i8042_start(const struct i8042 *kbc);

/* The next byte from the keyboard, or -EAGAIN. */
int i8042_read(const struct i8042 *kbc);

#endif
