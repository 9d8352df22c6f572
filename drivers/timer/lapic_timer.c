/* SPDX-License-Identifier: MIT */
/* The timer in each local APIC (Intel SDM volume 3, 10.5.4): counts down, or waits for the time-stamp
 * counter where the CPU can do that. */
#define LOG_TAG "timer"
#include "../irqchip/lapic.h"

#include "lapic_rate.h"

#include <arch/cpu.h>
#include <arch/feature.h>
#include <keel/clock.h>
#include <keel/clockevent.h>
#include <keel/driver.h>
#include <keel/errno.h>
#include <keel/log.h>
#include <keel/percpu.h>

/* Long enough that the registers' own time does not matter. */
#define MEASURE_PER_SEC  1000u
#define MEASURE_TRIES    50u

#define MSR_TSC_DEADLINE 0x6e0

#define RATING_COUNT     300u
#define RATING_DEADLINE  400u

static struct {
    uint64_t hz; /* behind the divider */
    struct irq *irq;
} timer;

static enum irq_result fired(void *arg)
{
    clockevent_fired();
    return IRQ_HANDLED;
}

/* On the calling CPU; the request has unmasked the boot CPU's line. */
static int start(uint32_t mode)
{
    lapic_write(LAPIC_DIVIDE, LAPIC_DIVIDE_BY_4);
    lapic_write(LAPIC_LVT_TIMER, (lapic_read(LAPIC_LVT_TIMER) & ~LVT_TIMER_MODES) | mode);
    if (cpu_index() != 0) {
        irq_unmask(timer.irq);
    }
    return 0;
}

static int start_count(void)
{
    return start(LVT_TIMER_ONE_SHOT);
}

/* 0 would stop it. */
static void set_count(uint64_t deadline_ns)
{
    uint64_t ticks = clock_ticks_until(deadline_ns, timer.hz);

    lapic_write(LAPIC_INITIAL_COUNT, (uint32_t)MIN(ticks, (uint64_t)UINT32_MAX));
}

static void stop_count(void)
{
    lapic_write(LAPIC_INITIAL_COUNT, 0);
}

static struct clockevent count = {
    .name = "LAPIC timer",
    .rating = RATING_COUNT,
    .start_cpu = start_count,
    .set_deadline = set_count,
    .stop = stop_count,
};

/* The mode must be set before the deadline is (10.5.4.1). */
static int start_deadline(void)
{
    start(LVT_TIMER_DEADLINE);
    mb();
    return 0;
}

/* 0 would disarm it. */
static void set_deadline(uint64_t deadline_ns)
{
    msr_write(MSR_TSC_DEADLINE, clock_counter_at(deadline_ns) | 1);
}

static void stop_deadline(void)
{
    msr_write(MSR_TSC_DEADLINE, 0);
}

static struct clockevent deadline = {
    .name = "LAPIC deadline",
    .rating = RATING_DEADLINE,
    .start_cpu = start_deadline,
    .set_deadline = set_deadline,
    .stop = stop_deadline,
};

/* --- Start --- */

/* By the count since it was begun with; 0: a pause made that worthless, or it has run out. */
static uint64_t try_to_measure(uint64_t hz)
{
    struct counter_span span = lapic.count;
    uint32_t left;

    do {
        span.end[0] = arch_counter();
        left = lapic_read(LAPIC_CURRENT_COUNT);
        span.end[1] = arch_counter();
    } while (counter_span_least(&span) < hz / MEASURE_PER_SEC);
    return left == 0 ? 0 : lapic_rate(UINT32_MAX - left, &span, hz);
}

/* The count since the local APIC was set up, or from now on when that is of no use. The rate of the
 * counter it is measured by is known. 0: it does not count. */
static uint64_t measure(uint64_t hz)
{
    uint64_t found = try_to_measure(hz);

    for (unsigned i = 0; i < MEASURE_TRIES && found == 0; i++) {
        lapic_start_count();
        found = try_to_measure(hz);
    }
    return found;
}

static uint64_t find_hz(void)
{
    uint64_t told = arch_apic_timer_hz() / LAPIC_DIVISOR;
    uint64_t counter_hz = arch_counter_hz(&system_fdt);
    uint64_t hz = told != 0 || counter_hz == 0 ? told : measure(counter_hz);

    lapic_write(LAPIC_INITIAL_COUNT, 0);
    if (hz == 0) {
        log_warn("the rate of the local APIC's timer is unknown: it is not used");
    } else {
        log_info("local APIC timer counts at %llu Hz%s", (unsigned long long)hz,
                 told != 0 ? "" : ", as measured");
    }
    return hz;
}

static int request_line(void)
{
    static const struct irq_request request = {.name = "timer", .handler = fired};

    return irq_request_line(&lapic_chip, LAPIC_LINE_TIMER, &request, &timer.irq);
}

static int lapic_timer_probe(struct device *dev)
{
    int status;

    timer.hz = lapic_present() ? find_hz() : 0;
    status = timer.hz != 0 ? request_line() : -ENODEV;
    if (status != 0) {
        return status;
    }
    clockevent_register(&count);
    if (cpu_has(CPU_FEATURE_TSC_DEADLINE)) {
        clockevent_register(&deadline);
    }
    return 0;
}

/* It has no node of its own. */
DRIVER(lapic_timer, .name = "local APIC timer", .level = DRIVER_TIMER, .probe = lapic_timer_probe);
