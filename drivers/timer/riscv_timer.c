/* SPDX-License-Identifier: MIT */
/* The timer of each hart, which compares with the `time` counter: stimecmp where there is Sstc
 * (Privileged Architecture, chapter 12), else through the SBI (2.0, chapter 6). */
#include <arch/cpu.h>
#include <arch/feature.h>
#include <arch/intc.h>
#include <arch/sbi.h>
#include <keel/clock.h>
#include <keel/clockevent.h>
#include <keel/driver.h>
#include <keel/errno.h>
#include <keel/irq.h>
#include <keel/percpu.h>

#define NEVER UINT64_MAX

static struct irq *line;

static void set_stimecmp(uint64_t ticks)
{
    csr_write_number(CSR_STIMECMP, ticks);
}

static void set_by_sbi(uint64_t ticks)
{
    sbi_call(SBI_TIME, 0, ticks, 0, 0);
}

static void sstc_set_deadline(uint64_t deadline_ns)
{
    set_stimecmp(clock_counter_at(deadline_ns));
}

static void sstc_stop(void)
{
    set_stimecmp(NEVER);
}

static void sbi_set_deadline(uint64_t deadline_ns)
{
    set_by_sbi(clock_counter_at(deadline_ns));
}

static void sbi_stop(void)
{
    set_by_sbi(NEVER);
}

/* On a hart's own line; it stays pending until the next deadline is set. */
static enum irq_result tick(void *arg)
{
    (void)arg;
    clockevent_fired();
    return IRQ_HANDLED;
}

/* The boot hart's line was unmasked by the request. */
static int start_cpu(void)
{
    if (cpu_index() != 0) {
        irq_unmask(line);
    }
    return 0;
}

static struct clockevent sstc = {
    .name = "Sstc",
    .rating = 400,
    .start_cpu = start_cpu,
    .set_deadline = sstc_set_deadline,
    .stop = sstc_stop,
};

static struct clockevent sbi = {
    .name = "SBI timer",
    .rating = 300,
    .start_cpu = start_cpu,
    .set_deadline = sbi_set_deadline,
    .stop = sbi_stop,
};

static const struct irq_request request = {.name = "timer", .handler = tick};

/* Each hart has the same line, with or without a node that says so (binding riscv,timer). */
static int probe(struct device *dev)
{
    struct clockevent *device = cpu_has(CPU_FEATURE_SSTC) ? &sstc : &sbi;
    int err;

    if (clock_hz() == 0 || (device == &sbi && !sbi_probe(SBI_TIME))) {
        return -ENODEV;
    }
    device->stop();
    err = riscv_intc_request(IRQ_S_TIMER, &request, &line);
    if (err == 0) {
        clockevent_register(device);
    }
    return err;
}

DRIVER(riscv_timer, .name = "riscv-timer", .level = DRIVER_TIMER, .probe = probe);
