/* SPDX-License-Identifier: MIT */
/* Register code of the 8259 pair. */
#include "i8259.h"

#include <keel/errno.h>

#define COMMAND       0
#define DATA          1

#define ICW1_INIT     0x11u /* edge triggered, cascaded, ICW4 follows */
#define ICW3_IDENTITY 0x02u
#define ICW4_8086     0x01u
#define OCW2_EOI      0x60u /* of the line in the low bits */
#define OCW3_READ_ISR 0x0bu

#define ALWAYS_EDGE   0x2107u /* lines 0, 1, 2, 8, 13 */
#define LINE_BITS     7u

/* The cascade is open as long as anything can come by it. */
static void write_masks(const struct i8259 *pic)
{
    unsigned cascade = pic->masked >> 8 != UINT8_MAX ? 1u << I8259_CASCADE : 0;

    io_write8(&pic->second, DATA, (uint8_t)(pic->masked >> 8));
    io_write8(&pic->first, DATA, (uint8_t)(pic->masked & ~cascade));
}

static void start_one(const struct io_region *io, unsigned vector, unsigned cascade)
{
    io_write8(io, COMMAND, ICW1_INIT);
    io_write8(io, DATA, (uint8_t)vector);
    io_write8(io, DATA, (uint8_t)cascade);
    io_write8(io, DATA, ICW4_8086);
}

void i8259_start(struct i8259 *pic, unsigned vector)
{
    pic->masked = UINT16_MAX;
    start_one(&pic->first, vector, 1u << I8259_CASCADE);
    start_one(&pic->second, vector + 8, ICW3_IDENTITY);
    write_masks(pic);
}

void i8259_mask(struct i8259 *pic, unsigned line, bool masked)
{
    unsigned long irq = spin_lock(&pic->lock);

    pic->masked = (uint16_t)(masked ? pic->masked | 1u << line : pic->masked & ~(1u << line));
    write_masks(pic);
    spin_unlock(&pic->lock, irq);
}

static void end_one(const struct io_region *io, unsigned line)
{
    io_write8(io, COMMAND, (uint8_t)(OCW2_EOI | (line & LINE_BITS)));
}

void i8259_eoi(struct i8259 *pic, unsigned line)
{
    if (line > LINE_BITS) {
        end_one(&pic->second, line);
        line = I8259_CASCADE;
    }
    end_one(&pic->first, line);
}

/* The second controller's spurious interrupt was a real one of the cascade to the first. */
bool i8259_is_real(struct i8259 *pic, unsigned line)
{
    const struct io_region *io = line > LINE_BITS ? &pic->second : &pic->first;

    io_write8(io, COMMAND, OCW3_READ_ISR);
    if ((io_read8(io, COMMAND) >> LINE_BITS & 1) != 0) {
        return true;
    }
    if (line > LINE_BITS) {
        end_one(&pic->first, I8259_CASCADE);
    }
    return false;
}

enum irq_trigger i8259_trigger(struct i8259 *pic, unsigned line)
{
    bool level = pic->edge.size != 0 && (io_read8(&pic->edge, line / 8) >> line % 8 & 1) != 0;

    return level ? IRQ_LEVEL_HIGH : IRQ_EDGE_RISING;
}

int i8259_set_trigger(struct i8259 *pic, unsigned line, enum irq_trigger trigger)
{
    bool level = trigger == IRQ_LEVEL_HIGH;
    unsigned long irq;
    uint8_t bits;

    if (trigger == IRQ_TRIGGER_DEFAULT) {
        return 0;
    }
    if ((trigger != IRQ_EDGE_RISING && !level) ||
        (level && (pic->edge.size == 0 || (ALWAYS_EDGE >> line & 1) != 0))) {
        return -ENOTSUP;
    }
    if (pic->edge.size == 0) {
        return 0;
    }
    irq = spin_lock(&pic->lock);
    bits = io_read8(&pic->edge, line / 8);
    bits = (uint8_t)(level ? bits | 1u << line % 8 : bits & ~(1u << line % 8));
    io_write8(&pic->edge, line / 8, bits);
    spin_unlock(&pic->lock, irq);
    return 0;
}
