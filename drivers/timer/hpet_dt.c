/* SPDX-License-Identifier: MIT */
/* The HPET of the device tree (binding intel,ce4100-hpet) as a clock source, and as the boot CPU's event
 * device where it has no better one. */
#include "hpet.h"

#include <keel/clock.h>
#include <keel/clockevent.h>
#include <keel/clocksource.h>
#include <keel/driver.h>
#include <keel/errno.h>
#include <keel/irq.h>
#include <keel/percpu.h>

#define RATING_EVENT 200u

static struct hpet hpet;
static struct fdt_irq line;
static struct irq *irq;

static uint64_t read_counter(void)
{
    return hpet_read(&hpet);
}

static struct clocksource source = {.name = "hpet",
                                    .rating = CLOCKSOURCE_DEVICE,
                                    .read = read_counter,
                                    .mask = CLOCKSOURCE_MASK(32)};

static enum irq_result fired(void *arg)
{
    clockevent_fired();
    return IRQ_HANDLED;
}

/* The line reaches one CPU, and comes to nobody before the device is wanted. */
static int start_cpu(void)
{
    static const struct irq_request request = {.name = "timer", .handler = fired};
    int status;

    if (cpu_index() != 0) {
        return -ENODEV;
    }
    status = irq == NULL ? irq_request(&line, &request, &irq) : 0;
    if (status == 0) {
        hpet_take_pit_line(&hpet);
    }
    return status;
}

static void set_deadline(uint64_t deadline_ns)
{
    hpet_set(&hpet, clock_ticks_until(deadline_ns, hpet.hz));
}

static void stop(void)
{
    hpet_stop(&hpet);
}

static struct clockevent event = {
    .name = "HPET",
    .rating = RATING_EVENT,
    .start_cpu = start_cpu,
    .set_deadline = set_deadline,
    .stop = stop,
};

/* The source checks the rate; what it refuses would make wrong deadlines, too. */
static int hpet_probe(struct device *dev)
{
    int status = source.hz != 0 ? -EBUSY : device_registers(dev, 0, &hpet.io);

    if (status == 0) {
        status = hpet.io.base != NULL && hpet.io.size >= HPET_SIZE ? hpet_start(&hpet) : -EINVAL;
    }
    if (status != 0) {
        return status;
    }
    source.hz = hpet.hz;
    status = clocksource_register(&source);
    if (status == 0 && hpet.is_legacy && device_interrupt(dev, 0, &line) == 0) {
        clockevent_register(&event);
    }
    return status;
}

static const char *const compatible[] = {"intel,ce4100-hpet", NULL};

DRIVER(hpet, .name = "hpet", .compatible = compatible, .level = DRIVER_TIMER, .probe = hpet_probe);
