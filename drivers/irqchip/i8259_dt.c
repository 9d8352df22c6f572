/* SPDX-License-Identifier: MIT */
/* The 8259 pair of the device tree (dts/bindings, intel,i8259), for machines without I/O APIC; with
 * one, it stays masked. */
#define LOG_TAG "i8259"
#include "i8259.h"

#include "isa.h"
#include "lapic.h"
#include "vector.h"

#include <arch/feature.h>
#include <keel/errno.h>
#include <keel/log.h>
#include <keel/param.h>

/* The tree is written by it (bsp/x86_64/describe.c); here it becomes known, and can be asked for. */
static bool apic = true;

KPARAM(apic, PARAM_BOOL, apic, 0, 0,
       "use local and I/O APICs; without them one CPU runs, with the 8259's interrupts");

static struct i8259 pic;

/* With a local APIC, its timer has the vector of line 0. */
static int translate(struct irq_chip *chip, const uint32_t *cells, unsigned count, unsigned *hw,
                     enum irq_trigger *trigger)
{
    bool taken = cells[0] == I8259_CASCADE || (cells[0] == 0 && lapic_present());

    if (count != 1 || cells[0] >= I8259_LINES || taken) {
        return -EINVAL;
    }
    *hw = cells[0];
    *trigger = i8259_trigger(&pic, cells[0]);
    return 0;
}

static void mask(struct irq_chip *chip, unsigned hw)
{
    i8259_mask(&pic, hw, true);
}

static void unmask(struct irq_chip *chip, unsigned hw)
{
    i8259_mask(&pic, hw, false);
}

static int set_trigger(struct irq_chip *chip, unsigned hw, enum irq_trigger trigger)
{
    return i8259_set_trigger(&pic, hw, trigger);
}

static void eoi(struct irq_chip *chip, unsigned hw)
{
    i8259_eoi(&pic, hw);
}

static const struct irq_chip_ops ops = {
    .translate = translate,
    .mask = mask,
    .unmask = unmask,
    .set_trigger = set_trigger,
    .eoi = eoi,
};

static struct irq_chip chip = {.name = "i8259", .ops = &ops, .lines = I8259_LINES};

/* The lowest line of each of the two. */
static void handle_doubtful(struct irq_chip *which, unsigned hw)
{
    if (i8259_is_real(&pic, hw)) {
        irq_dispatch(which, hw);
    } else {
        irq_spurious(which);
    }
}

static void handle_stray(struct irq_chip *which, unsigned hw)
{
    irq_spurious(which);
}

static bool has_isa_lines(int node)
{
    struct fdt_irq irq;

    return isa_interrupt(isa_node(), 1, &irq) == 0 && irq.controller == node;
}

/* Its interrupts come in by the local APIC, or past it, when it is to stay out of use: then it is
 * switched off, as if the CPU had none (Intel SDM volume 3, 10.4.3). */
static void connect_to_cpu(void)
{
    if (lapic_present()) {
        lapic_pass_extint(true);
        return;
    }
    vector_set_stray(handle_stray, &chip);
    if (cpu_has(CPU_FEATURE_APIC)) {
        msr_write(MSR_APIC_BASE, msr_read(MSR_APIC_BASE) & ~(APIC_BASE_ENABLE | APIC_BASE_X2APIC));
    }
}

static int take_lines(int node)
{
    int status;

    chip.node = node;
    status = irq_chip_register(&chip);
    for (unsigned line = 0; status == 0 && line < I8259_LINES; line++) {
        if (line != 0 || !lapic_present()) {
            vector_set(VECTOR_ISA + line, line % 8 == 7 ? handle_doubtful : irq_dispatch, &chip,
                       line);
        }
    }
    if (status == 0) {
        connect_to_cpu();
    }
    return status;
}

static int i8259_probe(struct device *dev)
{
    int status = device_registers(dev, 0, &pic.first);

    if (status == 0) {
        status = device_registers(dev, 1, &pic.second);
    }
    if (status != 0) {
        return status;
    }
    if (device_registers(dev, 2, &pic.edge) != 0) {
        pic.edge.size = 0;
    }
    i8259_start(&pic, VECTOR_ISA);
    if (!has_isa_lines(dev->node)) {
        log_info("masked: its lines are the I/O APIC's");
        return 0;
    }
    return take_lines(dev->node);
}

static const char *const compatible[] = {"intel,i8259", NULL};

DRIVER(i8259, .name = "i8259", .compatible = compatible, .level = DRIVER_IRQCHIP,
       .probe = i8259_probe);
