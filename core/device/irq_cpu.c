/* SPDX-License-Identifier: MIT */
/* The CPUs that take interrupts of lines: as they come up and as they go off. */
#include "irq_internal.h"

#include <keel/percpu.h>

int irq_cpu_start(void)
{
    for (struct irq_chip *chip = irq_chips; chip; chip = chip->next) {
        int err = chip->ops->start_cpu ? chip->ops->start_cpu(chip) : 0;

        if (err < 0) {
            return err;
        }
    }
    __atomic_fetch_or(&irq_cpus_ready, cpumask_of(cpu_index()), __ATOMIC_RELEASE);
    return 0;
}

/* To any CPU that takes lines; it stays where none can take it. */
static void move_away(struct irq_line *line, unsigned cpu)
{
    unsigned long flags = spin_lock(&line->lock);
    int to = line->cpu;

    if (to == (int)cpu) {
        to = line->chip->ops->set_affinity(line->chip, line->hw, irq_cpus());
        line->cpu = to < 0 ? line->cpu : to;
    }
    spin_unlock(&line->lock, flags);
}

void irq_cpu_leave(void)
{
    unsigned cpu = cpu_index();

    __atomic_fetch_and(&irq_cpus_ready, ~cpumask_of(cpu), __ATOMIC_SEQ_CST);
    for (struct irq_chip *chip = irq_chips; chip; chip = chip->next) {
        for (unsigned hw = chip->percpu_lines; hw < chip->lines; hw++) {
            if (chip->line[hw]) {
                move_away(chip->line[hw], cpu);
            }
        }
    }
}

void irq_cpu_stop(void)
{
    for (struct irq_chip *chip = irq_chips; chip; chip = chip->next) {
        for (unsigned hw = 0; hw < chip->percpu_lines; hw++) {
            if (chip->line[hw]) {
                chip->ops->mask(chip, hw);
                irq_line_cpu(chip->line[hw], cpu_index())->depth = 1;
            }
        }
    }
}
