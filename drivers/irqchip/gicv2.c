/* SPDX-License-Identifier: MIT */
/* Register code of the GICv2 (Arm IHI 0048B, chapter 4). */
#include "gicv2.h"

#include <arch/io.h>
#include <keel/errno.h>
#include <keel/percpu.h>

#define GICD_CTLR_ENABLE   1u
#define GICC_CTLR_ENABLE   1u
#define GICC_CTLR_BYPASS   BITS(8, 5) /* what happens while the interface is off: firmware's */
#define IAR_ID(iar)        ((iar)&0x3ff)
#define SGIR_TARGETS_SHIFT 16

static void __iomem *cpu_register(const struct gicv2 *gic, uint32_t offset)
{
    return (uint8_t __iomem *)gic->cpu.base + offset;
}

static struct gicv2 *gic_of(struct irq_chip *chip)
{
    return chip->priv;
}

static void mask(struct irq_chip *chip, unsigned hw)
{
    gic_write_bit(&gic_of(chip)->dist, GICD_ICENABLER, hw);
}

static void unmask(struct irq_chip *chip, unsigned hw)
{
    gic_write_bit(&gic_of(chip)->dist, GICD_ISENABLER, hw);
}

static void raise(struct irq_chip *chip, unsigned hw)
{
    gic_write_bit(&gic_of(chip)->dist, GICD_ISPENDR, hw);
}

static int set_trigger(struct irq_chip *chip, unsigned hw, enum irq_trigger trigger)
{
    return hw < GIC_SGIS ? 0 : gic_set_trigger(&gic_of(chip)->dist, hw, trigger);
}

static int set_priority(struct irq_chip *chip, unsigned hw, unsigned priority)
{
    gic_set_priority(&gic_of(chip)->dist, hw, priority);
    return 0;
}

static int set_affinity(struct irq_chip *chip, unsigned hw, cpumask_t cpus)
{
    struct gicv2 *gic = gic_of(chip);
    unsigned cpu = cpumask_first(cpus);

    io_write8(&gic->dist, GICD_ITARGETSR + hw, gic->target[cpu]);
    return (int)cpu;
}

/* The end of an SGI was told when it was acknowledged: it takes the sender's number as well. */
static void eoi(struct irq_chip *chip, unsigned hw)
{
    if (hw >= GIC_SGIS) {
        mmio_write32(cpu_register(gic_of(chip), GICC_EOIR), hw);
    }
}

static int start_cpu(struct irq_chip *chip)
{
    return gicv2_start_cpu(gic_of(chip));
}

static const struct irq_chip_ops ops = {
    .translate = gic_translate,
    .mask = mask,
    .unmask = unmask,
    .raise = raise,
    .set_trigger = set_trigger,
    .set_affinity = set_affinity,
    .set_priority = set_priority,
    .eoi = eoi,
    .start_cpu = start_cpu,
};

void gicv2_handle(struct gicv2 *gic)
{
    void __iomem *iar_register = cpu_register(gic, GICC_IAR);
    bool any = false;

    for (;; any = true) {
        uint32_t iar = mmio_read32(iar_register);
        unsigned hw = IAR_ID(iar);

        if (unlikely(hw >= gic->chip.lines)) {
            break;
        }
        if (hw < GIC_SGIS) {
            mmio_write32(cpu_register(gic, GICC_EOIR), iar);
        }
        irq_dispatch(&gic->chip, hw);
    }
    if (unlikely(!any)) {
        irq_spurious(&gic->chip);
    }
}

void gicv2_send(struct gicv2 *gic, cpumask_t cpus)
{
    uint32_t targets = 0;
    unsigned cpu;

    cpumask_for_each(cpu, cpus)
    {
        targets |= gic->target[cpu];
    }
    mmio_write32((uint8_t __iomem *)gic->dist.base + GICD_SGIR,
                 targets << SGIR_TARGETS_SHIFT | GIC_SGI_IPI);
}

/* The targets of a CPU's own lines read as the CPU that reads them (4.3.12); where there is but one
 * interface they may read as zero. */
static uint8_t own_target(const struct gicv2 *gic)
{
    uint32_t targets = 0;

    for (unsigned hw = 0; hw < GIC_PERCPU_LINES && targets == 0; hw += 4) {
        targets = io_read32(&gic->dist, GICD_ITARGETSR + hw);
    }
    targets |= targets >> 16;
    return (uint8_t)(targets | targets >> 8);
}

int gicv2_start_cpu(struct gicv2 *gic)
{
    unsigned cpu = cpu_index();
    uint8_t target = own_target(gic);
    uint32_t control = io_read32(&gic->cpu, GICC_CTLR) & GICC_CTLR_BYPASS;

    if (target == 0 && cpu != 0) {
        return -ENXIO;
    }
    gic->target[cpu] = target ? target : 1;
    gic_reset_lines(&gic->dist, 0, GIC_PERCPU_LINES);
    for (unsigned i = 0; i < 4; i++) {
        io_write32(&gic->cpu, GICC_APR0 + i * 4, 0);
    }
    io_write32(&gic->cpu, GICC_PMR, GIC_PRIORITY_MASK);
    io_write32(&gic->cpu, GICC_BPR, 0);
    io_write32(&gic->cpu, GICC_CTLR, control | GICC_CTLR_ENABLE); /* EOImodeNS 0: EOIR does all */
    return 0;
}

int gicv2_start(struct gicv2 *gic)
{
    int err;

    gic->chip = (struct irq_chip){
        .name = "gicv2",
        .ops = &ops,
        .lines = gic_lines(io_read32(&gic->dist, GICD_TYPER)),
        .percpu_lines = GIC_PERCPU_LINES,
        .priv = gic,
    };
    io_write32(&gic->dist, GICD_CTLR, 0);
    gic_reset_lines(&gic->dist, GIC_PERCPU_LINES, gic->chip.lines);
    err = gicv2_start_cpu(gic);
    for (unsigned hw = GIC_PERCPU_LINES; hw < gic->chip.lines; hw++) {
        io_write8(&gic->dist, GICD_ITARGETSR + hw, gic->target[cpu_index()]);
    }
    io_write32(&gic->dist, GICD_CTLR, GICD_CTLR_ENABLE);
    return err;
}
