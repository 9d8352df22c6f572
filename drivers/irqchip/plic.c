/* SPDX-License-Identifier: MIT */
/* The platform-level interrupt controller's registers. A source is masked by priority 0, which the
 * completion of an interrupt does not mind, and routed by the enable bit in one context. */
#include "plic.h"

#include <arch/cpu.h>
#include <keel/errno.h>
#include <keel/string.h>

#define PRIORITY(source)      (4u * (source))
#define ENABLE(context, word) (0x2000u + 0x80u * (uint32_t)(context) + 4u * (word))
#define THRESHOLD(context)    (0x200000u + 0x1000u * (uint32_t)(context))
#define CLAIM(context)        (THRESHOLD(context) + 4u)

#define PRIORITY_USUAL        128u /* of core's 0 to 255, until told otherwise */

static struct plic *plic_of(struct irq_chip *chip)
{
    return chip->priv;
}

/* Core's 0 is the most urgent; the hardware's 1 the least that gets through. */
static uint32_t hardware_priority(const struct plic *plic, unsigned hw)
{
    return 1 + (UINT8_MAX - plic->priority[hw]) * (plic->urgent - 1) / UINT8_MAX;
}

static void set_enable(struct plic *plic, int context, unsigned hw, bool on)
{
    uint32_t offset = ENABLE(context, hw / 32);
    uint32_t bit = 1u << hw % 32;
    uint32_t word = io_read32(&plic->regs, offset);

    io_write32(&plic->regs, offset, on ? word | bit : word & ~bit);
}

static int translate(struct irq_chip *chip, const uint32_t *cells, unsigned count, unsigned *hw,
                     enum irq_trigger *trigger)
{
    if (count != 1 || cells[0] == 0 || cells[0] >= chip->lines) {
        return -EINVAL;
    }
    *hw = cells[0];
    *trigger = IRQ_TRIGGER_DEFAULT;
    return 0;
}

static void mask(struct irq_chip *chip, unsigned hw)
{
    io_write32(&plic_of(chip)->regs, PRIORITY(hw), 0);
}

static void unmask(struct irq_chip *chip, unsigned hw)
{
    struct plic *plic = plic_of(chip);

    io_write32(&plic->regs, PRIORITY(hw), hardware_priority(plic, hw));
}

static int set_priority(struct irq_chip *chip, unsigned hw, unsigned priority)
{
    struct plic *plic = plic_of(chip);

    plic->priority[hw] = (uint8_t)MIN(priority, (unsigned)UINT8_MAX);
    if (io_read32(&plic->regs, PRIORITY(hw)) != 0) {
        unmask(chip, hw);
    }
    return 0;
}

/* The lowest CPU of the set that the controller reaches. */
static int pick_cpu(const struct plic *plic, cpumask_t cpus)
{
    unsigned cpu;

    cpumask_for_each(cpu, cpus)
    {
        if (cpu < CPUS_MAX && plic->contexts[cpu] >= 0) {
            return (int)cpu;
        }
    }
    return -ENOTSUP;
}

/* `cpu_of` changes before the bit of the old CPU goes: see eoi(). */
static int set_affinity(struct irq_chip *chip, unsigned hw, cpumask_t cpus)
{
    struct plic *plic = plic_of(chip);
    int cpu = pick_cpu(plic, cpus);
    unsigned long irq;
    unsigned old;

    if (cpu < 0) {
        return cpu;
    }
    irq = spin_lock(&plic->lock);
    old = plic->cpu_of[hw];
    __atomic_store_n(&plic->cpu_of[hw], (uint8_t)cpu, __ATOMIC_SEQ_CST);
    mb();
    if (old != (unsigned)cpu) {
        set_enable(plic, plic->contexts[old], hw, false);
    }
    set_enable(plic, plic->contexts[cpu], hw, true);
    spin_unlock(&plic->lock, irq);
    return cpu;
}

/* The line was routed elsewhere while it was handled here: it is enabled for the moment of its end, as
 * a context is not heard on what is not enabled there. */
static __noinline void eoi_of_moved(struct plic *plic, unsigned hw, int context)
{
    unsigned long irq = spin_lock(&plic->lock);

    set_enable(plic, context, hw, true);
    io_write32(&plic->regs, CLAIM(context), hw);
    set_enable(plic, context, hw, plic->cpu_of[hw] == cpu_index());
    spin_unlock(&plic->lock, irq);
}

/* Either the end comes before the enable bit goes, or the new route is seen here. An end too many is
 * that of an interrupt which then comes once more. */
static void eoi(struct irq_chip *chip, unsigned hw)
{
    struct plic *plic = plic_of(chip);
    unsigned cpu = cpu_index();

    io_write32(&plic->regs, CLAIM(plic->contexts[cpu]), hw);
    mb();
    if (unlikely(__atomic_load_n(&plic->cpu_of[hw], __ATOMIC_RELAXED) != cpu)) {
        eoi_of_moved(plic, hw, plic->contexts[cpu]);
    }
}

/* Nothing of a stage before us comes through: no source is enabled. A context whose hart is not there
 * may have no registers, so each CPU sees to its own. */
int plic_start_cpu(struct irq_chip *chip)
{
    struct plic *plic = plic_of(chip);
    int context = plic->contexts[cpu_index()];

    if (context < 0) {
        return -ENXIO;
    }
    for (unsigned word = 0; word <= (chip->lines - 1) / 32; word++) {
        io_write32(&plic->regs, ENABLE(context, word), 0);
    }
    io_write32(&plic->regs, THRESHOLD(context), 0);
    return 0;
}

static const struct irq_chip_ops ops = {
    .translate = translate,
    .mask = mask,
    .unmask = unmask,
    .set_affinity = set_affinity,
    .set_priority = set_priority,
    .eoi = eoi,
    .start_cpu = plic_start_cpu,
};

void plic_handle(struct plic *plic)
{
    uint32_t claim = CLAIM(plic->contexts[cpu_index()]);
    uint32_t source = io_read32(&plic->regs, claim);

    if (source == 0) {
        irq_spurious(&plic->chip);
    }
    for (; source != 0; source = io_read32(&plic->regs, claim)) {
        if (source < plic->chip.lines) {
            irq_dispatch(&plic->chip, source);
        } else {
            io_write32(&plic->regs, claim, source);
            irq_spurious(&plic->chip);
        }
    }
}

/* Whether the registers of a context lie in the region. */
static bool context_fits(const struct plic *plic, int context)
{
    return (unsigned)context < PLIC_CONTEXTS_MAX && plic->regs.size >= CLAIM(context) + 4u;
}

static void mask_all(struct plic *plic, unsigned sources)
{
    for (unsigned source = 1; source <= sources; source++) {
        io_write32(&plic->regs, PRIORITY(source), 0);
    }
}

/* How many priorities there are: the register of the first source keeps as many bits. */
static void find_priorities(struct plic *plic)
{
    io_write32(&plic->regs, PRIORITY(1), UINT32_MAX);
    plic->urgent = MAX(MIN(io_read32(&plic->regs, PRIORITY(1)), (uint32_t)UINT8_MAX), 1u);
}

int plic_init(struct plic *plic, unsigned sources)
{
    if (sources == 0 || sources >= PLIC_SOURCES_MAX) {
        return -EINVAL;
    }
    if (plic->contexts[0] < 0) {
        return -ENXIO;
    }
    for (unsigned cpu = 0; cpu < CPUS_MAX; cpu++) {
        if (plic->contexts[cpu] >= 0 && !context_fits(plic, plic->contexts[cpu])) {
            return -EINVAL;
        }
    }
    find_priorities(plic);
    mask_all(plic, sources);
    memset(plic->priority, PRIORITY_USUAL, sizeof(plic->priority));
    plic->chip.name = "plic";
    plic->chip.ops = &ops;
    plic->chip.lines = sources + 1;
    plic->chip.none_is_0 = true;
    plic->chip.priv = plic;
    return plic_start_cpu(&plic->chip);
}
