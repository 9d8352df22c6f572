/* SPDX-License-Identifier: MIT */
/* The software-generated interrupt by which CPUs interrupt each other, as a line like any other. */
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

int gic_start_ipi(struct irq_chip *chip, void (*send)(cpumask_t cpus))
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
