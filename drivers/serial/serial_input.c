/* SPDX-License-Identifier: MIT */
/* What a port receives, taken by its interrupt and kept until the console asks. */
#include "serial_input.h"

#include <keel/errno.h>

/* Takes what the port has; whether it had anything. The lock is held. */
static bool take_received(struct serial_input *input)
{
    bool any = false;
    int byte;

    while ((byte = input->read(input->port)) >= 0) {
        byte_ring_put(&input->received, (uint8_t)byte);
        any = true;
    }
    return any;
}

/* What has interrupted may have been read by who was faster. */
static enum irq_result received(void *arg)
{
    struct serial_input *input = arg;
    unsigned long irq = spin_lock(&input->lock);
    bool any = take_received(input) || input->was_faster;

    input->was_faster = false;
    spin_unlock(&input->lock, irq);
    if (!any) {
        return IRQ_NONE;
    }
    console_input_arrived();
    return IRQ_HANDLED;
}

int serial_input_start(struct serial_input *input, struct device *dev)
{
    const struct irq_request request = {.name = dev->name, .handler = received, .arg = input};
    struct fdt_irq spec;
    int status = device_interrupt(dev, 0, &spec);

    return status == 0 ? irq_request(&spec, &request, &input->irq) : status;
}

void serial_input_stop(struct serial_input *input)
{
    if (input->irq != NULL) {
        irq_release(input->irq);
        input->irq = NULL;
    }
}

int serial_input_read(struct serial_input *input)
{
    unsigned long irq = spin_lock(&input->lock);
    int byte;

    input->was_faster |= take_received(input);
    byte = byte_ring_get(&input->received);
    spin_unlock(&input->lock, irq);
    return byte;
}
