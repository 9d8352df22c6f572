/* SPDX-License-Identifier: MIT */
/* I/O APICs of the device tree (binding intel,ce4100-ioapic): two cells, pin and trigger. */
#include "ioapic.h"

#include "isa.h"
#include "lapic.h"
#include "vector.h"

#include <arch/feature.h>
#include <keel/errno.h>
#include <keel/heap.h>

struct ioapic_device {
    struct ioapic ioapic;
    struct irq_chip chip;
};

static const enum irq_trigger triggers[] = {IRQ_EDGE_RISING, IRQ_LEVEL_LOW, IRQ_LEVEL_HIGH,
                                            IRQ_EDGE_FALLING};

/* The ISA line that comes in at a pin, mostly the one of its number; ISA_LINES: none. */
static unsigned isa_line_at(int node, unsigned pin)
{
    int isa = isa_node();
    struct fdt_irq irq;

    for (unsigned i = 0; i < ISA_LINES; i++) {
        unsigned line = (pin + i) % ISA_LINES;

        if (line != ISA_CASCADE && isa_interrupt(isa, line, &irq) == 0 && irq.controller == node &&
            irq.count > 0 && irq.cells[0] == pin) {
            return line;
        }
    }
    return ISA_LINES;
}

/* Gives a pin its vector; 0: none is left. */
static unsigned choose_vector(struct irq_chip *chip, unsigned pin, unsigned line)
{
    unsigned vector = VECTOR_ISA + (line == 0 ? ISA_CASCADE : line);

    if (line == ISA_LINES) {
        vector = vector_alloc(chip, pin);
    } else {
        vector_set(vector, irq_dispatch, chip, pin);
    }
    ioapic_set_vector(chip->priv, pin, vector);
    return vector;
}

/* A pin has no vector before it is asked for. False: none is left. */
static bool connect(struct irq_chip *chip, unsigned pin)
{
    static struct spinlock lock;
    bool known = ioapic_vector(chip->priv, pin) != 0;
    unsigned line = known ? ISA_LINES : isa_line_at(chip->node, pin);
    unsigned long irq = spin_lock(&lock);
    unsigned vector = ioapic_vector(chip->priv, pin);

    if (vector == 0) {
        vector = choose_vector(chip, pin, line);
    }
    spin_unlock(&lock, irq);
    return vector != 0;
}

static int translate(struct irq_chip *chip, const uint32_t *cells, unsigned count, unsigned *hw,
                     enum irq_trigger *trigger)
{
    if (count != 2 || cells[0] >= chip->lines || cells[1] >= ARRAY_SIZE(triggers)) {
        return -EINVAL;
    }
    if (!connect(chip, cells[0])) {
        return -EBUSY;
    }
    *hw = cells[0];
    *trigger = triggers[cells[1]];
    return 0;
}

static void mask(struct irq_chip *chip, unsigned hw)
{
    ioapic_mask(chip->priv, hw, true);
}

static void unmask(struct irq_chip *chip, unsigned hw)
{
    ioapic_mask(chip->priv, hw, false);
}

static int set_trigger(struct irq_chip *chip, unsigned hw, enum irq_trigger trigger)
{
    return ioapic_set_trigger(chip->priv, hw, trigger);
}

/* A line that is asked for by its number was not translated. */
static int set_affinity(struct irq_chip *chip, unsigned hw, cpumask_t cpus)
{
    unsigned cpu;

    if (!connect(chip, hw)) {
        return -EBUSY;
    }
    cpumask_for_each(cpu, cpus)
    {
        uint32_t apic_id = lapic_id_of(cpu);

        if (apic_id <= IOAPIC_DEST_MAX) {
            ioapic_route(chip->priv, hw, apic_id);
            return (int)cpu;
        }
    }
    return -ENOTSUP;
}

/* The local APIC tells the I/O APIC of a level line (Intel SDM volume 3, 10.8.5). */
static void eoi(struct irq_chip *chip, unsigned hw)
{
    lapic_eoi();
}

static const struct irq_chip_ops ops = {
    .translate = translate,
    .mask = mask,
    .unmask = unmask,
    .set_trigger = set_trigger,
    .set_affinity = set_affinity,
    .eoi = eoi,
};

static int start(struct device *dev, struct ioapic_device *device)
{
    int status = device_registers(dev, 0, &device->ioapic.io);

    if (status == 0) {
        status = ioapic_start(&device->ioapic);
    }
    if (status != 0) {
        return status;
    }
    device->chip = (struct irq_chip){.name = "ioapic",
                                     .ops = &ops,
                                     .node = dev->node,
                                     .lines = device->ioapic.pins,
                                     .priv = &device->ioapic};
    return irq_chip_register(&device->chip);
}

/* What it sends a CPU has to have a local APIC for. */
static int ioapic_probe(struct device *dev)
{
    struct ioapic_device *device;
    int status;

    if (!cpu_has(CPU_FEATURE_APIC)) {
        return -ENODEV;
    }
    device = kzalloc(sizeof(*device));
    status = device != NULL ? start(dev, device) : -ENOMEM;
    if (status != 0) {
        kfree(device);
    }
    return status;
}

static const char *const compatible[] = {"intel,ce4100-ioapic", NULL};

DRIVER(ioapic, .name = "ioapic", .compatible = compatible, .level = DRIVER_IRQCHIP,
       .probe = ioapic_probe);
