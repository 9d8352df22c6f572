/* SPDX-License-Identifier: MIT */
/* The local interrupts of each hart (binding riscv,cpu-intc; Privileged Architecture 10.1.3): those of
 * other harts, by SBI, its timer's, and one for all devices. */
#define LOG_TAG "intc"
#include <arch/csr.h>
#include <arch/intc.h>
#include <arch/sbi.h>
#include <keel/boot_info.h>
#include <keel/driver.h>
#include <keel/errno.h>
#include <keel/irq.h>
#include <keel/log.h>
#include <keel/smp.h>

#define LINES 16u /* standard ones; those above are the platform's */

static void (*external)(void);

static int translate(struct irq_chip *chip, const uint32_t *cells, unsigned count, unsigned *hw,
                     enum irq_trigger *trigger)
{
    if (count != 1 || cells[0] >= chip->lines) {
        return -EINVAL;
    }
    *hw = cells[0];
    *trigger = IRQ_TRIGGER_DEFAULT;
    return 0;
}

static void mask(struct irq_chip *chip, unsigned hw)
{
    (void)chip;
    csr_clear(sie, 1ul << hw);
}

static void unmask(struct irq_chip *chip, unsigned hw)
{
    (void)chip;
    csr_set(sie, 1ul << hw);
}

/* The handlers take away what raised the line. */
static void eoi(struct irq_chip *chip, unsigned hw)
{
    (void)chip;
    (void)hw;
}

/* Opens what core does not ask for line by line. */
static int start_cpu(struct irq_chip *chip)
{
    (void)chip;
    csr_clear(sip, 1ul << IRQ_S_SOFT);
    csr_write(sie, 1ul << IRQ_S_SOFT | (external ? 1ul << IRQ_S_EXT : 0));
    return 0;
}

static const struct irq_chip_ops ops = {
    .translate = translate, .mask = mask, .unmask = unmask, .eoi = eoi, .start_cpu = start_cpu};

static struct irq_chip chip = {
    .name = "hart", .ops = &ops, .node = -ENOENT, .lines = LINES, .percpu_lines = LINES};

void riscv_intc_set_external(void (*handle)(void))
{
    external = handle;
    csr_set(sie, 1ul << IRQ_S_EXT);
}

int riscv_intc_request(unsigned hw, const struct irq_request *request, struct irq **out)
{
    return chip.line ? irq_request_line(&chip, hw, request, out) : -ENXIO;
}

static void handle_line(unsigned line)
{
    if (line == IRQ_S_SOFT) {
        csr_clear(sip, 1ul << IRQ_S_SOFT);
        ipi_handle();
    } else if (line == IRQ_S_EXT && external) {
        external();
    } else if (line < LINES) {
        irq_dispatch(&chip, line);
    } else {
        mask(&chip, line);
        irq_spurious(&chip);
    }
}

/* The privileged architecture's order of precedence is external, software, timer; here who waits is
 * another hart, and then this one. */
static void handle(void)
{
    uint64_t pending = csr_read(sip) & csr_read(sie);

    if (pending == 0) {
        irq_spurious(&chip);
    }
    for (; pending != 0; pending = csr_read(sip) & csr_read(sie)) {
        handle_line((unsigned)__builtin_ctzll(pending));
    }
}

static void send_ipi(cpumask_t cpus)
{
    if (sbi_send_ipi(cpus) != 0) {
        log_warn("the SBI does not interrupt CPUs %#llx", (unsigned long long)cpus);
    }
}

/* Whether the controller is the boot hart's: a child of its node. The other harts' are the same. */
static bool is_boot_harts(int node)
{
    uint64_t hart, no_size;

    return fdt_reg_raw(&system_fdt, fdt_parent(&system_fdt, node), 0, &hart, &no_size) == 0 &&
           hart == boot_info.cpu.hw_id;
}

static int probe(struct device *dev)
{
    int err;

    if (!is_boot_harts(dev->node)) {
        return -ENODEV;
    }
    chip.node = dev->node;
    err = irq_chip_register(&chip);
    if (err != 0) {
        return err;
    }
    irq_set_root(handle);
    if (sbi_probe(SBI_IPI)) {
        ipi_set_sender(send_ipi);
    } else {
        log_warn("the SBI firmware has no IPI extension: only this CPU will run");
    }
    return start_cpu(&chip);
}

static const char *const compatible[] = {"riscv,cpu-intc", NULL};

DRIVER(riscv_intc, .name = "riscv-intc", .compatible = compatible, .level = DRIVER_IRQCHIP,
       .probe = probe);
