/* SPDX-License-Identifier: MIT */
/* Controllers and their lines: masking that nests, where a line goes, and the threads that serve what
 * a first half leaves. */
#include "irq_internal.h"

#include <keel/driver.h>
#include <keel/errno.h>
#include <keel/heap.h>
#include <keel/percpu.h>

struct irq_chip *irq_chips;
struct irq_cpu irq_cpu_data[CPUS_MAX];
cpumask_t irq_cpus_ready = 1; /* the boot CPU */
unsigned irq_storms;

cpumask_t irq_cpus(void)
{
    return __atomic_load_n(&irq_cpus_ready, __ATOMIC_ACQUIRE);
}

int irq_chip_register(struct irq_chip *chip)
{
    chip->line = kcalloc(chip->lines, sizeof(struct irq_line *));
    if (!chip->line) {
        return -ENOMEM;
    }
    chip->next = irq_chips;
    WRITE_ONCE(irq_chips, chip);
    return 0;
}

static bool serves_devices(const struct irq_chip *chip)
{
    return chip->lines > chip->percpu_lines;
}

/* The controllers behind one in the list were there before it. */
static unsigned first_number(const struct irq_chip *chip)
{
    unsigned number = 0;

    while ((chip = chip->next) != NULL) {
        number += serves_devices(chip) ? chip->lines : 0;
    }
    return number;
}

int irq_find_line(unsigned number, struct irq_chip **out, unsigned *hw)
{
    for (struct irq_chip *chip = irq_chips; chip; chip = chip->next) {
        unsigned first = first_number(chip);

        if (serves_devices(chip) && number >= first && number - first < chip->lines) {
            *out = chip;
            *hw = number - first;
            return 0;
        }
    }
    return -ENXIO;
}

static uint32_t *depth_of(struct irq_line *line)
{
    return line->percpu ? &irq_line_cpu(line, cpu_index())->depth : &line->depth;
}

void irq_line_mask(struct irq_line *line)
{
    if ((*depth_of(line))++ == 0) {
        line->chip->ops->mask(line->chip, line->hw);
    }
}

void irq_line_unmask(struct irq_line *line)
{
    uint32_t *depth = depth_of(line);

    if (*depth > 0 && --*depth == 0) {
        /* Of a line that each CPU has only the requesting CPU's was set up so far. */
        if (line->percpu && line->trigger != IRQ_TRIGGER_DEFAULT && line->chip->ops->set_trigger) {
            line->chip->ops->set_trigger(line->chip, line->hw, line->trigger);
        }
        line->chip->ops->unmask(line->chip, line->hw);
    }
}

void irq_mask(struct irq *irq)
{
    unsigned long flags = spin_lock(&irq->line->lock);

    irq_line_mask(irq->line);
    spin_unlock(&irq->line->lock, flags);
}

void irq_unmask(struct irq *irq)
{
    unsigned long flags = spin_lock(&irq->line->lock);

    irq_line_unmask(irq->line);
    spin_unlock(&irq->line->lock, flags);
}

int irq_set_affinity(struct irq *irq, cpumask_t cpus)
{
    struct irq_line *line = irq->line;
    int cpu = -ENOTSUP;
    unsigned long flags;

    flags = spin_lock(&line->lock);
    cpus &= irq_cpus();
    if (cpus == 0) {
        cpu = -EINVAL;
    } else if (!line->percpu && line->chip->ops->set_affinity) {
        cpu = line->chip->ops->set_affinity(line->chip, line->hw, cpus);
        line->cpu = cpu < 0 ? line->cpu : cpu;
    }
    spin_unlock(&line->lock, flags);
    return cpu;
}

int irq_raise(struct irq *irq)
{
    struct irq_chip *chip = irq->line->chip;

    if (!chip->ops->raise) {
        return -ENOTSUP;
    }
    chip->ops->raise(chip, irq->line->hw);
    return 0;
}

int irq_set_priority(struct irq *irq, unsigned priority)
{
    struct irq_line *line = irq->line;
    int err = -ENOTSUP;
    unsigned long flags = spin_lock(&line->lock);

    if (line->chip->ops->set_priority) {
        err = line->chip->ops->set_priority(line->chip, line->hw, MIN(priority, 255u));
    }
    spin_unlock(&line->lock, flags);
    return err;
}

const char *irq_trigger_name(enum irq_trigger trigger)
{
    static const char *const names[] = {
        [IRQ_TRIGGER_DEFAULT] = "fixed",     [IRQ_EDGE_RISING] = "edge-rising",
        [IRQ_EDGE_FALLING] = "edge-falling", [IRQ_EDGE_BOTH] = "edge-both",
        [IRQ_LEVEL_HIGH] = "level-high",     [IRQ_LEVEL_LOW] = "level-low",
    };

    return names[trigger];
}

uint64_t irq_count(const struct irq *irq, unsigned cpu)
{
    return READ_ONCE(irq_line_cpu(irq->line, cpu)->count);
}

void irq_get_stats(struct irq_stats *out)
{
    *out = (struct irq_stats){.storms = READ_ONCE(irq_storms)};
    for (unsigned cpu = 0; cpu < CPUS_MAX; cpu++) {
        out->taken += READ_ONCE(irq_cpu_data[cpu].entries);
        out->spurious += READ_ONCE(irq_cpu_data[cpu].spurious);
        out->strays += READ_ONCE(irq_cpu_data[cpu].strays);
    }
    for (struct irq_chip *chip = irq_chips; chip; chip = chip->next) {
        for (unsigned hw = 0; hw < chip->lines; hw++) {
            struct irq_line *line = READ_ONCE(chip->line[hw]);

            out->lines += line && line->requests;
            for (unsigned cpu = 0; line && cpu < CPUS_MAX; cpu++) {
                out->handled += READ_ONCE(irq_line_cpu(line, cpu)->count);
            }
        }
    }
}
