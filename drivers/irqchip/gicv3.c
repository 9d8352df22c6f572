/* SPDX-License-Identifier: MIT */
/* Distributor and CPU interface of the GICv3 (Arm IHI 0069H, chapters 4 and 12). */
#include "gicv3.h"

#include <arch/io.h>
#include <keel/errno.h>
#include <keel/percpu.h>

#define CLUSTER(affinity) ((affinity) & ~UINT64_C(0xf)) /* what one write reaches 16 CPUs of */

static struct gicv3 *gic_of(struct irq_chip *chip)
{
    return chip->priv;
}

/* Where a line's registers are: the distributor's, or the calling CPU's own. */
static const struct io_region *bank_of(const struct gicv3 *gic, unsigned hw)
{
    return hw < GIC_PERCPU_LINES ? &gic->own[cpu_index()] : &gic->dist;
}

/* When this returns the line does not interrupt any more. */
static void mask(struct irq_chip *chip, unsigned hw)
{
    const struct gicv3 *gic = gic_of(chip);
    struct io_region io = *bank_of(gic, hw);

    gic_write_bit(&io, GICD_ICENABLER, hw);
    if (hw < GIC_PERCPU_LINES) {
        io.base = (uint8_t __iomem *)io.base - GICR_SGI_FRAME;
        (void)gicv3_settle(&io, CTLR_RWP_GICR);
    } else {
        (void)gicv3_settle(&io, CTLR_RWP_GICD);
    }
}

static void unmask(struct irq_chip *chip, unsigned hw)
{
    gic_write_bit(bank_of(gic_of(chip), hw), GICD_ISENABLER, hw);
}

static void raise(struct irq_chip *chip, unsigned hw)
{
    gic_write_bit(bank_of(gic_of(chip), hw), GICD_ISPENDR, hw);
}

static int set_trigger(struct irq_chip *chip, unsigned hw, enum irq_trigger trigger)
{
    return hw < GIC_SGIS ? 0 : gic_set_trigger(bank_of(gic_of(chip), hw), hw, trigger);
}

static int set_priority(struct irq_chip *chip, unsigned hw, unsigned priority)
{
    gic_set_priority(bank_of(gic_of(chip), hw), hw, priority);
    return 0;
}

static void route(const struct gicv3 *gic, unsigned hw, unsigned cpu)
{
    mmio_write64((uint8_t __iomem *)gic->dist.base + GICD_IROUTER + (uint64_t)hw * 8,
                 gic->affinity[cpu]);
}

static int set_affinity(struct irq_chip *chip, unsigned hw, cpumask_t cpus)
{
    unsigned cpu = cpumask_first(cpus);

    route(gic_of(chip), hw, cpu);
    return (int)cpu;
}

static void eoi(struct irq_chip *chip, unsigned hw)
{
    gicv3_end(hw);
}

static int start_cpu(struct irq_chip *chip)
{
    return gicv3_start_cpu(gic_of(chip));
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

void gicv3_handle(struct gicv3 *gic)
{
    bool any = false;

    for (;; any = true) {
        unsigned hw = gicv3_acknowledge();

        if (unlikely(hw >= gic->chip.lines)) {
            break;
        }
        irq_dispatch(&gic->chip, hw);
    }
    if (unlikely(!any)) {
        irq_spurious(&gic->chip);
    }
}

/* One write for all CPUs whose affinities differ in the lowest four bits alone. */
void gicv3_send(const struct gicv3 *gic, cpumask_t cpus)
{
    while (cpus != 0) {
        uint64_t first = gic->affinity[cpumask_first(cpus)];
        uint32_t list = 0;
        unsigned cpu;

        cpumask_for_each(cpu, cpus)
        {
            if (CLUSTER(gic->affinity[cpu]) == CLUSTER(first)) {
                list |= 1u << (gic->affinity[cpu] & 0xf);
                cpus &= ~cpumask_of(cpu);
            }
        }
        gicv3_raise_sgi(first, list, GIC_SGI_IPI);
    }
}

int gicv3_start_cpu(struct gicv3 *gic)
{
    unsigned cpu = cpu_index();
    uint64_t affinity = gicv3_own_affinity();
    struct io_region redist;
    int err = gicv3_open_interface(GIC_PRIORITY_MASK) ? 0 : -ENODEV;

    if (err == 0) {
        err = gicv3_find_redist(gic, affinity, &redist);
    }
    if (err == 0) {
        err = gicv3_start_redist(&redist);
    }
    if (err == 0) {
        gic->affinity[cpu] = affinity;
        redist.base = (uint8_t __iomem *)redist.base + GICR_SGI_FRAME;
        gic->own[cpu] = redist;
        gicv3_enable_interface();
    }
    return err;
}

static int start_dist(const struct gicv3 *gic)
{
    const struct io_region *dist = &gic->dist;
    unsigned end = gic->chip.lines;
    int err;

    io_write32(dist, GICD_CTLR, 0);
    err = gicv3_settle(dist, CTLR_RWP_GICD);
    if (err < 0) {
        return err;
    }
    io_write32(dist, GICD_CTLR, GICD_CTLR_ARE);
    for (unsigned hw = GIC_PERCPU_LINES; hw < end; hw += 32) {
        io_write32(dist, GICD_IGROUPR + hw / 8, UINT32_MAX);
        io_write32(dist, GICD_IGRPMODR + hw / 8, 0);
    }
    gic_reset_lines(dist, GIC_PERCPU_LINES, end);
    err = gicv3_settle(dist, CTLR_RWP_GICD);
    io_write32(dist, GICD_CTLR, GICD_CTLR_ARE | GICD_CTLR_ENABLE);
    return err;
}

int gicv3_start(struct gicv3 *gic)
{
    uint32_t typer = io_read32(&gic->dist, GICD_TYPER);
    int err;

    gic->chip = (struct irq_chip){
        .name = "gicv3",
        .ops = &ops,
        .lines = gic_lines(typer),
        .percpu_lines = GIC_PERCPU_LINES,
        .priv = gic,
    };
    err = start_dist(gic);
    if (err == 0) {
        err = gicv3_start_cpu(gic);
    }
    for (unsigned hw = GIC_PERCPU_LINES; err == 0 && hw < gic->chip.lines; hw++) {
        route(gic, hw, cpu_index());
    }
    return err;
}
