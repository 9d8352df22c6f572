/* SPDX-License-Identifier: MIT */
/* What GICv2 and GICv3 share: the banks of per-line registers, which the distributor has and, for the
 * lines of one CPU, each GICv3 redistributor (Arm IHI 0048B, chapter 4; IHI 0069H, chapter 12). */
#ifndef DRIVERS_IRQCHIP_GIC_H
#define DRIVERS_IRQCHIP_GIC_H

#include <keel/bits.h>
#include <keel/driver.h>
#include <keel/irq.h>

#define GICD_CTLR          0x0000
#define GICD_TYPER         0x0004
#define GICD_IGROUPR       0x0080
#define GICD_ISENABLER     0x0100
#define GICD_ICENABLER     0x0180
#define GICD_ISPENDR       0x0200
#define GICD_ICPENDR       0x0280
#define GICD_ICACTIVER     0x0380
#define GICD_IPRIORITYR    0x0400
#define GICD_ITARGETSR     0x0800
#define GICD_ICFGR         0x0c00
#define GICD_IGRPMODR      0x0d00
#define GICD_SGIR          0x0f00
#define GICD_IROUTER       0x6000

#define TYPER_LINES(typer) (((typer)&0x1f) + 1) /* in 32s */

/* INTIDs. */
#define GIC_SGIS           16 /* 0 to 15: from CPU to CPU */
#define GIC_PERCPU_LINES   32 /* SGIs and, from 16 on, PPIs */
#define GIC_LINES_MAX      1020
#define GIC_NONE           1023 /* what is acknowledged when there is nothing */

/* The SGI that tells a CPU to look at its reasons (ipi_handle()). */
#define GIC_SGI_IPI        0

/* Priorities: the common one, the least urgent one that every implementation (16 levels, half of them
 * with two security states) tells apart from the mask, and the mask that lets all of those through. */
#define GIC_PRIORITY       0xa0
#define GIC_PRIORITY_LEAST 0xe0
#define GIC_PRIORITY_MASK  0xf0

/* Longer than any register takes to take effect. */
#define GIC_POLLS_MAX      1000000u

/* Lines that a distributor with that GICD_TYPER has. */
unsigned gic_lines(uint32_t typer);

/* The meaning of an interrupt specifier (binding arm,gic and arm,gic-v3: type, number, flags). */
int gic_translate(struct irq_chip *chip, const uint32_t *cells, unsigned count, unsigned *hw,
                  enum irq_trigger *trigger);

/* Brings the lines [first, end) of a bank, `first` a multiple of 32, to a known state: masked, neither
 * pending nor active, of common priority; from line 32 on level-triggered. */
void gic_reset_lines(const struct io_region *bank, unsigned first, unsigned end);

/* Writes a line's bit in one of the banks of one bit a line: GICD_ISENABLER and its like. */
static inline void gic_write_bit(const struct io_region *bank, uint32_t reg, unsigned hw)
{
    io_write32(bank, reg + hw / 32 * 4, 1u << hw % 32);
}

/* Makes a line edge- or level-triggered. What a CPU's own lines are is often wired: then it stays. The
 * core holds the line's lock; other lines of the register are guarded here. -ENOTSUP: the line is high
 * or rising only, as those of devices are. */
int gic_set_trigger(const struct io_region *bank, unsigned hw, enum irq_trigger trigger);

/* 0 is the most urgent. */
void gic_set_priority(const struct io_region *bank, unsigned hw, unsigned priority);

#endif
