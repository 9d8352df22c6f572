/* SPDX-License-Identifier: MIT */
/* Sets up each CPU's local APIC, and sends interrupts between CPUs with it. */
#define LOG_TAG "lapic"
#include "lapic.h"

#include "vector.h"

#include <arch/cpu.h>
#include <arch/feature.h>
#include <keel/driver.h>
#include <keel/errno.h>
#include <keel/log.h>

#define SVR_ENABLE    (1u << 8)
#define ICR_PENDING   (1u << 12)
#define ICR_SPINS     100000u
#define ISR_REGISTERS 8u
#define VECTORS_MAX   256u

#define NMI_PIN_NONE  2u
#define POLARITY_MASK 3u
#define POLARITY_LOW  3u

struct lapic lapic;

/* LINT0 and LINT1 of every CPU, by what the NMI is wired to. */
static uint32_t lint[NMI_PIN_NONE] = {LVT_MASKED, LVT_MASKED};

/* --- Interrupts that are no line's --- */

/* Raised when an interrupt was withdrawn before it was taken; not to be ended (10.9). */
static void handle_spurious(struct irq_chip *chip, unsigned hw)
{
    irq_spurious(chip);
}

/* Nobody's vector: ended, unless somebody else's controller raised it. */
static void handle_stray(struct irq_chip *chip, unsigned hw)
{
    unsigned vector = arch_irq_vector();

    irq_spurious(chip);
    if ((lapic_read(LAPIC_ISR + vector / 32 * 16) >> vector % 32 & 1) != 0) {
        lapic_eoi();
    }
}

static void handle_error(struct irq_chip *chip, unsigned hw)
{
    lapic_write(LAPIC_ESR, 0); /* brings the register up to date (10.5.3) */
    log_warn("local APIC error %#x", lapic_read(LAPIC_ESR));
    lapic_eoi();
}

static void handle_ipi(struct irq_chip *chip, unsigned hw)
{
    lapic_eoi();
    ipi_handle();
}

/* --- Sending --- */

static void send_by_memory(uint32_t apic_id, uint32_t command)
{
    for (unsigned i = 0; (lapic_read(LAPIC_ICR) & ICR_PENDING) != 0 && i < ICR_SPINS; i++) {
        arch_cpu_relax();
    }
    lapic_write(LAPIC_ICR_HIGH, apic_id << 24);
    lapic_write(LAPIC_ICR, command);
}

void lapic_send(uint32_t apic_id, uint32_t command)
{
    if (lapic.is_x2apic) {
        msr_write(MSR_X2APIC + (LAPIC_ICR >> 4), (uint64_t)apic_id << 32 | command);
    } else {
        send_by_memory(apic_id, command);
    }
}

/* What was written before must be seen by who is interrupted; writes of x2APIC registers wait for
 * nothing by themselves (10.12.3). */
static void order_before_sending(void)
{
    if (lapic.is_x2apic) {
        mb();
        rmb();
    }
}

static void send_to_each(cpumask_t cpus, uint32_t command)
{
    unsigned cpu;

    order_before_sending();
    cpumask_for_each(cpu, cpus)
    {
        lapic_send(lapic_id_of(cpu), command);
    }
}

static void send_ipis(cpumask_t cpus)
{
    send_to_each(cpus, ICR_ASSERT | VECTOR_IPI);
}

static void send_nmis(cpumask_t cpus)
{
    send_to_each(cpus, ICR_ASSERT | ICR_NMI);
}

/* --- Setting up --- */

/* From off to x2APIC mode it takes two steps (10.12.5). */
static void switch_on(void)
{
    uint64_t base = msr_read(MSR_APIC_BASE);

    if ((base & APIC_BASE_ENABLE) == 0) {
        base |= APIC_BASE_ENABLE;
        msr_write(MSR_APIC_BASE, base);
    }
    if (lapic.is_x2apic && (base & APIC_BASE_X2APIC) == 0) {
        msr_write(MSR_APIC_BASE, base | APIC_BASE_X2APIC);
    }
}

static bool in_service(void)
{
    uint32_t any = 0;

    for (unsigned i = 0; i < ISR_REGISTERS; i++) {
        any |= lapic_read(LAPIC_ISR + i * 16);
    }
    return any != 0;
}

/* Ends what whoever ran before us took and never ended. */
static void end_leftovers(void)
{
    for (unsigned i = 0; in_service() && i < VECTORS_MAX; i++) {
        lapic_eoi();
    }
}

/* What firmware uses for itself, thermal and machine-check interrupts, stays. */
static int start_cpu(struct irq_chip *chip)
{
    switch_on();
    lapic_write(LAPIC_TPR, 0);
    lapic_write(LAPIC_LVT_TIMER, VECTOR_TIMER | LVT_MASKED);
    lapic_write(LAPIC_LVT_PERF, LVT_MASKED);
    lapic_write(LAPIC_SVR, SVR_ENABLE | VECTOR_SPURIOUS);
    lapic_write(LAPIC_LVT_LINT0, lint[0]);
    lapic_write(LAPIC_LVT_LINT1, lint[1]);
    lapic_write(LAPIC_ESR, 0);
    lapic_write(LAPIC_LVT_ERROR, VECTOR_ERROR);
    end_leftovers();
    return 0;
}

void lapic_start_count(void)
{
    lapic_write(LAPIC_DIVIDE, LAPIC_DIVIDE_BY_4);
    lapic.count.begin[0] = arch_counter();
    lapic_write(LAPIC_INITIAL_COUNT, UINT32_MAX);
    lapic.count.begin[1] = arch_counter();
}

void lapic_pass_extint(bool pass)
{
    if (lint[0] == LVT_MASKED) {
        lapic_write(LAPIC_LVT_LINT0, pass ? LVT_EXTINT : LVT_MASKED);
    }
}

/* The pin that NMIs come in at (dts/bindings, keel,nmi-pin); PCs have it at LINT1. */
static void read_wiring(int node)
{
    uint32_t pin = 1, flags = 0;

    fdt_prop_u32(&system_fdt, node, "keel,nmi-pin", &pin);
    fdt_prop_u32(&system_fdt, node, "keel,nmi-flags", &flags);
    if (pin < NMI_PIN_NONE) {
        lint[pin] = LVT_NMI | ((flags & POLARITY_MASK) == POLARITY_LOW ? LVT_LOW : 0);
    }
}

/* --- The chip: lines that each CPU has of its own --- */

static const uint16_t lvt_of[LAPIC_LINES] = {[LAPIC_LINE_TIMER] = LAPIC_LVT_TIMER};

/* No device is wired to a line of this chip. */
static int lapic_translate(struct irq_chip *chip, const uint32_t *cells, unsigned count,
                           unsigned *hw, enum irq_trigger *trigger)
{
    return -EINVAL;
}

static void lapic_mask(struct irq_chip *chip, unsigned hw)
{
    lapic_write(lvt_of[hw], lapic_read(lvt_of[hw]) | LVT_MASKED);
}

static void lapic_unmask(struct irq_chip *chip, unsigned hw)
{
    lapic_write(lvt_of[hw], lapic_read(lvt_of[hw]) & ~LVT_MASKED);
}

static void lapic_end(struct irq_chip *chip, unsigned hw)
{
    lapic_eoi();
}

static const struct irq_chip_ops lapic_ops = {
    .translate = lapic_translate,
    .mask = lapic_mask,
    .unmask = lapic_unmask,
    .eoi = lapic_end,
    .start_cpu = start_cpu,
};

struct irq_chip lapic_chip = {
    .name = "lapic",
    .ops = &lapic_ops,
    .lines = LAPIC_LINES,
    .percpu_lines = LAPIC_LINES,
};

/* --- Start --- */

static int map_registers(struct device *dev)
{
    struct io_region io;
    int status;

    lapic.is_x2apic = cpu_has(CPU_FEATURE_X2APIC);
    if (lapic.is_x2apic) {
        return 0;
    }
    status = device_registers(dev, 0, &io);
    lapic.base = status == 0 ? io.base : NULL;
    return status;
}

static int lapic_probe(struct device *dev)
{
    int status = cpu_has(CPU_FEATURE_APIC) ? map_registers(dev) : -ENODEV;

    if (status != 0) {
        return status;
    }
    read_wiring(dev->node);
    start_cpu(&lapic_chip);
    lapic_start_count();
    lapic_chip.node = dev->node;
    status = irq_chip_register(&lapic_chip);
    if (status != 0) {
        return status;
    }
    lapic.present = true;
    vector_set_stray(handle_stray, &lapic_chip);
    vector_set(VECTOR_TIMER, irq_dispatch, &lapic_chip, LAPIC_LINE_TIMER);
    vector_set(VECTOR_IPI, handle_ipi, &lapic_chip, 0);
    vector_set(VECTOR_ERROR, handle_error, &lapic_chip, 0);
    vector_set(VECTOR_SPURIOUS, handle_spurious, &lapic_chip, 0);
    ipi_set_sender(send_ipis);
    smp_set_stop_sender(send_nmis);
    log_info("%s mode, version %#x", lapic.is_x2apic ? "x2APIC" : "xAPIC",
             lapic_read(LAPIC_VERSION) & 0xff);
    return 0;
}

static const char *const compatible[] = {"intel,ce4100-lapic", NULL};

DRIVER(lapic, .name = "lapic", .compatible = compatible, .level = DRIVER_IRQCHIP,
       .probe = lapic_probe);
