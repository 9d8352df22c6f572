/* SPDX-License-Identifier: MIT */
/* Either GIC as the machine's root controller, with the software-generated interrupt by which CPUs
 * interrupt each other as a line like any other. */
#include "gic_ipi.h"

#include <keel/smp.h>

static struct irq *ipi;

static enum irq_result ipi_irq(void *arg)
{
    ipi_handle();
    return IRQ_HANDLED;
}

static int start_here(void)
{
    irq_unmask(ipi);
    return 0;
}

static struct cpu_setup setup = {
    .failure = "it cannot be interrupted", .stage = CPU_SETUP_REST, .setup = start_here};

static int start_ipi(struct irq_chip *chip, void (*send)(cpumask_t cpus))
{
    const struct irq_request request = {
        .name = "calls between CPUs", .handler = ipi_irq, .trigger = IRQ_EDGE_RISING};
    int err = irq_request_line(chip, GIC_SGI_IPI, &request, &ipi);

    if (err == 0) {
        cpu_setup_register(&setup);
        ipi_set_sender(send);
    }
    return err;
}

int gic_become_root(struct irq_chip *chip, const struct device *dev, void (*handle)(void),
                    void (*send)(cpumask_t cpus))
{
    int err;

    chip->node = dev->node;
    err = irq_chip_register(chip);
    if (err == 0) {
        irq_set_root(handle);
        err = start_ipi(chip, send);
    }
    return err;
}
