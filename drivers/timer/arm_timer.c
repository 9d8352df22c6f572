/* SPDX-License-Identifier: MIT */
/* The Arm generic timer (DDI 0487, D12; binding arm,arch_timer): interrupts a CPU at a given time. The
 * virtual one, which is the kernel's under a hypervisor too; where its line is missing the physical. */
#include <arch/generic_timer.h>
#include <keel/clock.h>
#include <keel/clockevent.h>
#include <keel/driver.h>
#include <keel/errno.h>
#include <keel/irq.h>

#define RATING         300
/* Without interrupt-names, where the lines stand. */
#define INDEX_PHYSICAL 1
#define INDEX_VIRTUAL  2

static struct {
    struct irq *irq;
    bool physical;
    uint64_t offset; /* of the physical counter from the one that time is told from: signed */
} timer;

/* Between its last deadline and the end of the interrupt the line may still look raised. */
static enum irq_result timer_irq(void *arg)
{
    if (!(generic_timer_control(timer.physical) & GENERIC_TIMER_EXPIRED)) {
        return IRQ_NONE;
    }
    clockevent_fired();
    return IRQ_HANDLED;
}

static int start_cpu(void)
{
    generic_timer_stop(timer.physical);
    irq_unmask(timer.irq);
    return 0;
}

/* A value of the counter that time is told from as the timer's own has it. It is compared without sign:
 * beyond what the counter holds is never, before its 0 is at once. */
static uint64_t own_value(uint64_t value)
{
    uint64_t own = value + timer.offset;

    if ((int64_t)timer.offset >= 0) {
        return own < value ? UINT64_MAX : own;
    }
    return own > value ? 0 : own;
}

static void set_deadline(uint64_t deadline_ns)
{
    generic_timer_start(timer.physical, own_value(clock_counter_at(deadline_ns)));
}

static void stop(void)
{
    generic_timer_stop(timer.physical);
}

static struct clockevent event = {
    .rating = RATING,
    .start_cpu = start_cpu,
    .set_deadline = set_deadline,
    .stop = stop,
};

static int find_line(struct device *dev, const char *name, unsigned index, struct fdt_irq *out)
{
    if (fdt_prop_present(&system_fdt, dev->node, "interrupt-names")) {
        int named = fdt_prop_string_find(&system_fdt, dev->node, "interrupt-names", name);

        return named < 0 ? named : device_interrupt(dev, (unsigned)named, out);
    }
    return device_interrupt(dev, index, out);
}

static int request_line(struct device *dev, const char *name, unsigned index)
{
    const struct irq_request request = {
        .name = event.name, .handler = timer_irq, .flags = IRQ_MASKED};
    struct fdt_irq line;
    int err = find_line(dev, name, index, &line);

    return err < 0 ? err : irq_request(&line, &request, &timer.irq);
}

static int arm_timer_probe(struct device *dev)
{
    int err;

    if (timer.irq || clock_hz() == 0) {
        return timer.irq ? -EBUSY : -ENODEV;
    }
    event.name = "arch timer, virtual";
    err = request_line(dev, "virt", INDEX_VIRTUAL);
    if (err < 0) {
        event.name = "arch timer, physical";
        timer.physical = true;
        timer.offset = generic_timer_offset();
        err = request_line(dev, "phys", INDEX_PHYSICAL);
    }
    if (err == 0) {
        clockevent_register(&event);
    }
    return err;
}

static const char *const compatible[] = {"arm,armv8-timer", "arm,armv7-timer", NULL};

DRIVER(arm_timer, .name = "arm_timer", .compatible = compatible, .level = DRIVER_TIMER,
       .probe = arm_timer_probe);
