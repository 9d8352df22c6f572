/* SPDX-License-Identifier: MIT */
/* The banks of per-line registers that GICv2 and GICv3 have alike. */
#include "gic.h"

#include <keel/errno.h>
#include <keel/spinlock.h>

/* Flags of a specifier, as in the bindings' interrupt-controller/arm-gic.h. */
#define TYPE_SPI       0
#define TYPE_PPI       1
#define FLAGS_TRIGGER  0xf
#define TRIGGER_RISING 1
#define TRIGGER_FALL   2
#define TRIGGER_HIGH   4
#define TRIGGER_LOW    8

#define ICFGR_EDGE     2u
#define PRIORITIES     (GIC_PRIORITY * 0x01010101u)

/* Guards the registers that hold fields of several lines. */
static struct spinlock config_lock;

unsigned gic_lines(uint32_t typer)
{
    return MIN(TYPER_LINES(typer) * 32u, (unsigned)GIC_LINES_MAX);
}

static int trigger_of(uint32_t flags, enum irq_trigger *trigger)
{
    switch (flags & FLAGS_TRIGGER) {
    case 0:
        *trigger = IRQ_TRIGGER_DEFAULT;
        return 0;
    case TRIGGER_RISING:
        *trigger = IRQ_EDGE_RISING;
        return 0;
    case TRIGGER_FALL:
        *trigger = IRQ_EDGE_FALLING;
        return 0;
    case TRIGGER_HIGH:
        *trigger = IRQ_LEVEL_HIGH;
        return 0;
    case TRIGGER_LOW:
        *trigger = IRQ_LEVEL_LOW;
        return 0;
    default:
        return -EINVAL;
    }
}

int gic_translate(struct irq_chip *chip, const uint32_t *cells, unsigned count, unsigned *hw,
                  enum irq_trigger *trigger)
{
    if (count < 3) {
        return -EINVAL;
    }
    if (cells[0] == TYPE_SPI && cells[1] < chip->lines - GIC_PERCPU_LINES) {
        *hw = GIC_PERCPU_LINES + cells[1];
    } else if (cells[0] == TYPE_PPI && cells[1] < GIC_PERCPU_LINES - GIC_SGIS) {
        *hw = GIC_SGIS + cells[1];
    } else {
        return -EINVAL;
    }
    return trigger_of(cells[2], trigger);
}

void gic_reset_lines(const struct io_region *bank, unsigned first, unsigned end)
{
    for (unsigned hw = first; hw < end; hw += 32) {
        uint32_t word = hw / 32 * 4;

        io_write32(bank, GICD_ICENABLER + word, UINT32_MAX);
        io_write32(bank, GICD_ICPENDR + word, UINT32_MAX);
        io_write32(bank, GICD_ICACTIVER + word, UINT32_MAX);
    }
    for (unsigned hw = first; hw < end; hw += 4) {
        io_write32(bank, GICD_IPRIORITYR + hw, PRIORITIES);
    }
    for (unsigned hw = MAX(first, (unsigned)GIC_PERCPU_LINES); hw < end; hw += 16) {
        io_write32(bank, GICD_ICFGR + hw / 4, 0);
    }
}

int gic_set_trigger(const struct io_region *bank, unsigned hw, enum irq_trigger trigger)
{
    bool edge = trigger == IRQ_EDGE_RISING || trigger == IRQ_EDGE_FALLING;
    uint32_t reg = GICD_ICFGR + hw / 16 * 4;
    uint32_t field = ICFGR_EDGE << hw % 16 * 2;
    unsigned long irq;
    uint32_t config;
    bool took;

    if (trigger == IRQ_EDGE_BOTH ||
        (hw >= GIC_PERCPU_LINES && (trigger == IRQ_EDGE_FALLING || trigger == IRQ_LEVEL_LOW))) {
        return -ENOTSUP;
    }
    irq = spin_lock(&config_lock);
    config = io_read32(bank, reg);
    if (((config & field) != 0) != edge) {
        io_write32(bank, reg, config ^ field);
    }
    took = ((io_read32(bank, reg) & field) != 0) == edge;
    spin_unlock(&config_lock, irq);
    return took || hw < GIC_PERCPU_LINES ? 0 : -ENOTSUP;
}

void gic_set_priority(const struct io_region *bank, unsigned hw, unsigned priority)
{
    io_write8(bank, GICD_IPRIORITYR + hw, (uint8_t)MIN(priority, (unsigned)GIC_PRIORITY_LEAST));
}
