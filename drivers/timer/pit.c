/* SPDX-License-Identifier: MIT */
/* The interval timer of a PC (Intel 8254 data sheet; dts/bindings, intel,i8254) as the boot CPU's event
 * device where it has no better one. */
#include <keel/clock.h>
#include <keel/clockevent.h>
#include <keel/driver.h>
#include <keel/errno.h>
#include <keel/irq.h>
#include <keel/percpu.h>

#define CHANNEL0 0
#define COMMAND  3
#define MODE_ONCE \
    0x30 /* channel 0, both bytes, interrupt at the end of the count; none before one */

#define COUNT_MAX    UINT16_MAX
#define RATING_EVENT 50u

static struct io_region io;
static struct fdt_irq line;
static uint64_t input_hz;
static struct irq *irq;

static enum irq_result fired(void *arg)
{
    clockevent_fired();
    return IRQ_HANDLED;
}

static void stop(void)
{
    io_write8(&io, COMMAND, MODE_ONCE);
}

static int start_cpu(void)
{
    static const struct irq_request request = {.name = "timer", .handler = fired};

    if (cpu_index() != 0) {
        return -ENODEV;
    }
    stop();
    return irq == NULL ? irq_request(&line, &request, &irq) : 0;
}

/* Deadlines beyond its 55 ms come early. */
static void set_deadline(uint64_t deadline_ns)
{
    uint64_t count = MIN(clock_ticks_until(deadline_ns, input_hz), (uint64_t)COUNT_MAX);

    stop();
    io_write8(&io, CHANNEL0, (uint8_t)count);
    io_write8(&io, CHANNEL0, (uint8_t)(count >> 8));
}

static struct clockevent event = {
    .name = "PIT",
    .rating = RATING_EVENT,
    .start_cpu = start_cpu,
    .set_deadline = set_deadline,
    .stop = stop,
};

static int pit_probe(struct device *dev)
{
    int status = device_registers(dev, 0, &io);

    input_hz = device_clock_hz(dev, 0);
    if (status == 0) {
        status = device_interrupt(dev, 0, &line);
    }
    if (status != 0 || input_hz == 0) {
        return status != 0 ? status : -EINVAL;
    }
    clockevent_register(&event);
    return 0;
}

static const char *const compatible[] = {"intel,i8254", NULL};

DRIVER(pit, .name = "pit", .compatible = compatible, .level = DRIVER_TIMER, .probe = pit_probe);
