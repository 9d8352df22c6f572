/* SPDX-License-Identifier: MIT */
/* A model of the GIC's banks of per-line registers (Arm IHI 0048B, 4.3), one for the lines of all CPUs and
 * one for each CPU's own, and the part of the interrupt core that its drivers call. */
#ifndef TESTS_UNIT_FAKE_GIC_H
#define TESTS_UNIT_FAKE_GIC_H

#include <stdio.h>
#include <string.h>

#include "../../drivers/irqchip/gic.h"

#define FAKE_CPUS 8
#define FAKE_BITS (GIC_LINES_MAX / 32 + 1)

_Thread_local unsigned fake_cpu;
uint64_t fake_counter, fake_counter_step;

struct fake_bank {
    uint32_t group[FAKE_BITS], modifier[FAKE_BITS], enabled[FAKE_BITS], pending[FAKE_BITS],
        active[FAKE_BITS];
    uint32_t config[FAKE_BITS * 2];
    uint8_t priority[GIC_LINES_MAX + 4], target[GIC_LINES_MAX + 4];
};

static struct fake_bank fake_shared, fake_own[FAKE_CPUS];
static uint32_t fake_fixed_config; /* fields of GICD_ICFGR1 that cannot be written */

static inline bool fake_enabled(unsigned cpu, unsigned hw)
{
    const struct fake_bank *bank = hw < 32 ? &fake_own[cpu] : &fake_shared;

    return bank->enabled[hw / 32] >> hw % 32 & 1;
}

static inline bool fake_in(uint32_t offset, uint32_t base, uint32_t bytes)
{
    return offset >= base && offset < base + bytes;
}

/* The word of one bit a line that a register stands for; set or cleared by writing. */
static inline uint32_t *fake_bits(struct fake_bank *bank, uint32_t offset, bool *clears)
{
    uint32_t word = offset % 0x80 / 4;

    *clears = offset >= 0x180 && offset / 0x80 % 2 != 0;
    switch (offset / 0x80) {
    case GICD_IGROUPR / 0x80:
        return &bank->group[word];
    case GICD_ISENABLER / 0x80:
    case GICD_ICENABLER / 0x80:
        return &bank->enabled[word];
    case GICD_ISPENDR / 0x80:
    case GICD_ICPENDR / 0x80:
        return &bank->pending[word];
    case GICD_ICACTIVER / 0x80:
        return &bank->active[word];
    case GICD_IGRPMODR / 0x80:
        return &bank->modifier[word];
    default:
        return NULL;
    }
}

/* The first line that a register is about. */
static inline unsigned fake_line(uint32_t offset)
{
    if (fake_in(offset, GICD_IPRIORITYR, GIC_LINES_MAX)) {
        return offset - GICD_IPRIORITYR;
    }
    if (fake_in(offset, GICD_ITARGETSR, GIC_LINES_MAX)) {
        return offset - GICD_ITARGETSR;
    }
    if (fake_in(offset, GICD_ICFGR, 0x100)) {
        return (offset - GICD_ICFGR) * 4;
    }
    return offset % 0x80 * 8;
}

/* The bytes of a register that holds some for each line; NULL: it is another. */
static inline uint8_t *fake_bytes(struct fake_bank *bank, uint32_t offset)
{
    if (fake_in(offset, GICD_IPRIORITYR, GIC_LINES_MAX)) {
        return &bank->priority[offset - GICD_IPRIORITYR];
    }
    if (fake_in(offset, GICD_ITARGETSR, GIC_LINES_MAX)) {
        return &bank->target[offset - GICD_ITARGETSR];
    }
    if (fake_in(offset, GICD_ICFGR, 0x100)) {
        return (uint8_t *)bank->config + (offset - GICD_ICFGR);
    }
    return NULL;
}

static inline uint32_t fake_bank_read(struct fake_bank *bank, uint32_t offset, unsigned width)
{
    uint8_t *bytes = fake_bytes(bank, offset);
    uint32_t value = 0;
    bool clears;

    if (!bytes) {
        bytes = (uint8_t *)fake_bits(bank, offset, &clears);
    }
    assert_non_null(bytes);
    memcpy(&value, bytes, width);
    return value;
}

static inline void fake_bank_write(struct fake_bank *bank, uint32_t offset, uint32_t value,
                                   unsigned width)
{
    uint8_t *bytes = fake_bytes(bank, offset);
    bool clears;
    uint32_t *bits;

    if (offset == GICD_ICFGR + 4) {
        value = (value & ~fake_fixed_config) | (bank->config[1] & fake_fixed_config);
    }
    if (bytes) {
        memcpy(bytes, &value, width);
        return;
    }
    bits = fake_bits(bank, offset, &clears);
    assert_non_null(bits);
    if (offset / 0x80 == GICD_IGROUPR / 0x80 || offset / 0x80 == GICD_IGRPMODR / 0x80) {
        *bits = value;
    } else {
        *bits = clears ? *bits & ~value : *bits | value;
    }
}

/* --- What the drivers call of the core --- */

static struct {
    unsigned lines[64];
    unsigned count;
    unsigned spurious;
} fake_dispatched;

void irq_dispatch(struct irq_chip *chip, unsigned hw)
{
    fake_dispatched.lines[fake_dispatched.count++ % 64] = hw;
    chip->ops->eoi(chip, hw);
}

void irq_spurious(struct irq_chip *chip)
{
    fake_dispatched.spurious++;
}

/* Leaves garbage in every register that is writable, as firmware may. */
static inline void fake_gic_reset(void)
{
    memset(&fake_shared, 0xff, sizeof(fake_shared));
    memset(fake_own, 0xff, sizeof(fake_own));
    memset(&fake_dispatched, 0, sizeof(fake_dispatched));
    fake_fixed_config = 0;
    fake_cpu = 0;
}

#endif
