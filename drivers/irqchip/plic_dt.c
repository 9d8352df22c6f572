/* SPDX-License-Identifier: MIT */
/* The PLIC as the tree tells of it (binding sifive,plic-1.0.0): which context is which hart's S-mode. */
#include "plic.h"

#include <arch/csr.h>
#include <arch/intc.h>
#include <keel/errno.h>
#include <keel/heap.h>
#include <keel/smp.h>

static struct plic *the_plic;

/* The CPU whose interrupt controller that node is, or -ENOENT: a hart that is none of ours. */
static int cpu_of_intc(int node)
{
    uint64_t hart, no_size;
    int err = fdt_reg_raw(&system_fdt, fdt_parent(&system_fdt, node), 0, &hart, &no_size);

    return err != 0 ? -ENOENT : cpu_by_hw_id(hart);
}

/* The CPU whose S-mode's external interrupt that is, or -ENOENT. */
static int cpu_of_entry(const struct fdt_args *args)
{
    bool ours = args->node >= 0 && args->count == 1 && args->cells[0] == IRQ_S_EXT;

    return ours ? cpu_of_intc(args->node) : -ENOENT;
}

/* Entry n of `interrupts-extended` is what context n raises. Entries of harts that are disabled, or empty,
 * count too. */
static void find_contexts(struct plic *plic, int node)
{
    struct fdt_args args;
    uint32_t at = 0;

    for (unsigned cpu = 0; cpu < CPUS_MAX; cpu++) {
        plic->contexts[cpu] = -ENOENT;
    }
    for (uint32_t context = 0; context < PLIC_CONTEXTS_MAX; context++) {
        int cpu;

        if (fdt_phandle_next(&system_fdt, node, "interrupts-extended", "#interrupt-cells", &at,
                             &args) != 0) {
            return;
        }
        cpu = cpu_of_entry(&args);
        if (cpu >= 0) {
            plic->contexts[cpu] = (int)context;
        }
    }
}

static void handle(void)
{
    plic_handle(the_plic);
}

static int set_up(struct plic *plic, struct device *dev)
{
    uint32_t sources;
    int err = fdt_prop_u32(&system_fdt, dev->node, "riscv,ndev", &sources);

    if (err == 0) {
        err = device_registers(dev, 0, &plic->regs);
    }
    if (err == 0) {
        find_contexts(plic, dev->node);
        plic->chip.node = dev->node;
        err = plic_init(plic, sources);
    }
    return err == 0 ? irq_chip_register(&plic->chip) : err;
}

static int probe(struct device *dev)
{
    struct plic *plic;
    int err;

    if (the_plic) {
        return -EBUSY;
    }
    plic = kzalloc(sizeof(*plic));
    if (!plic) {
        return -ENOMEM;
    }
    err = set_up(plic, dev);
    if (err != 0) {
        kfree(plic);
        return err;
    }
    the_plic = plic;
    riscv_intc_set_external(handle);
    return 0;
}

static const char *const compatible[] = {"sifive,plic-1.0.0", "riscv,plic0", NULL};

DRIVER(plic, .name = "plic", .compatible = compatible, .level = DRIVER_IRQCHIP, .probe = probe);
