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
#define LATCH        0x00 /* of channel 0, for both bytes to be of one moment */

#define COUNT_MAX    UINT16_MAX
#define COUNT_READS  1000u /* until it must have gone on */
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

static void start_count(uint64_t count)
{
    stop();
    io_write8(&io, CHANNEL0, (uint8_t)count);
    io_write8(&io, CHANNEL0, (uint8_t)(count >> 8));
}

/* Deadlines beyond its 55 ms come early. */
static void set_deadline(uint64_t deadline_ns)
{
    start_count(MIN(clock_ticks_until(deadline_ns, input_hz), (uint64_t)COUNT_MAX));
}

static unsigned read_count(void)
{
    unsigned low;

    io_write8(&io, COMMAND, LATCH);
    low = io_read8(&io, CHANNEL0);
    return low | (unsigned)io_read8(&io, CHANNEL0) << 8;
}

/* The tree of a PC has it where the chip is missing, too. Its line is not asked for yet. */
static bool is_counting(void)
{
    bool moved = false;
    unsigned first;

    start_count(COUNT_MAX);
    first = read_count();
    for (unsigned i = 0; i < COUNT_READS && !moved; i++) {
        moved = read_count() != first;
    }
    stop();
    return moved;
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
    if (!is_counting()) {
        return -ENODEV;
    }
    clockevent_register(&event);
    return 0;
}

static const char *const compatible[] = {"intel,i8254", NULL};

DRIVER(pit, .name = "pit", .compatible = compatible, .level = DRIVER_TIMER, .probe = pit_probe);
