/* SPDX-License-Identifier: MIT */
/* The two interrupt controllers of the PC/AT (Intel 8259A data sheet), cascaded, and the register that
 * says which of their lines are level triggered (EISA; ICH9 data sheet 13.4): registers only. */
#ifndef DRIVERS_IRQCHIP_I8259_H
#define DRIVERS_IRQCHIP_I8259_H

#include <keel/driver.h>
#include <keel/irq.h>
#include <keel/spinlock.h>

#define I8259_LINES   16u
#define I8259_CASCADE 2u

struct i8259 {
    struct io_region first, second; /* command, data */
    struct io_region edge;          /* size 0: not there */
    struct spinlock lock;
    uint16_t masked; /* by line */
};

/* Has lines raise vectors from `vector` on, and masks all. */
void i8259_start(struct i8259 *pic, unsigned vector);

void i8259_mask(struct i8259 *pic, unsigned line, bool masked);

/* Whether line 7 or 15 has really fired: both are also what comes when a line was withdrawn. A
 * spurious 15 is ended, as far as it has to be. */
bool i8259_is_real(struct i8259 *pic, unsigned line);

void i8259_eoi(struct i8259 *pic, unsigned line);

/* As firmware has set it. */
enum irq_trigger i8259_trigger(struct i8259 *pic, unsigned line);

/* 0, or -ENOTSUP: these lines are active high, and some always edge triggered. */
int i8259_set_trigger(struct i8259 *pic, unsigned line, enum irq_trigger trigger);

#endif
