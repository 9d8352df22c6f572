/* SPDX-License-Identifier: MIT */
/* Register code of I/O APICs. */
#include "ioapic.h"

#include <keel/bits.h>
#include <keel/errno.h>

/* In memory: the number of a register, and its content. */
#define IOREGSEL     0x00
#define IOWIN        0x10

/* Registers by number. */
#define IOAPICVER    0x01
#define IOREDTBL     0x10 /* two for each pin, low half first */

#define VER_PINS     BITS(23, 16) /* number of the last */

/* The low half of an entry: fixed delivery to the CPU with a physical id is 0. The high half has the
 * APIC id in its upper byte. */
#define REDIR_VECTOR BITS(7, 0)
#define REDIR_LOW    BIT(13)
#define REDIR_LEVEL  BIT(15)
#define REDIR_MASKED BIT(16)
#define DEST_SHIFT   24

static uint32_t get(const struct ioapic *ioapic, unsigned reg)
{
    io_write32(&ioapic->io, IOREGSEL, reg);
    return io_read32(&ioapic->io, IOWIN);
}

static void set(const struct ioapic *ioapic, unsigned reg, uint32_t value)
{
    io_write32(&ioapic->io, IOREGSEL, reg);
    io_write32(&ioapic->io, IOWIN, value);
}

/* Changes some bits of the low half of a pin's entry. */
static void change(struct ioapic *ioapic, unsigned pin, uint32_t clear_bits, uint32_t set_bits)
{
    unsigned long irq = spin_lock(&ioapic->lock);
    unsigned reg = IOREDTBL + 2 * pin;

    set(ioapic, reg, (get(ioapic, reg) & ~clear_bits) | set_bits);
    spin_unlock(&ioapic->lock, irq);
}

int ioapic_start(struct ioapic *ioapic)
{
    uint32_t version = get(ioapic, IOAPICVER);

    if (version == 0 || version == UINT32_MAX) {
        return -ENODEV;
    }
    ioapic->pins = FIELD_GET(VER_PINS, version) + 1;
    ioapic->pins = MIN(ioapic->pins, IOAPIC_PINS_MAX);
    for (unsigned pin = 0; pin < ioapic->pins; pin++) {
        set(ioapic, IOREDTBL + 2 * pin, REDIR_MASKED);
    }
    return 0;
}

void ioapic_mask(struct ioapic *ioapic, unsigned pin, bool masked)
{
    change(ioapic, pin, REDIR_MASKED, masked ? REDIR_MASKED : 0);
}

void ioapic_set_vector(struct ioapic *ioapic, unsigned pin, unsigned vector)
{
    change(ioapic, pin, REDIR_VECTOR, vector);
}

unsigned ioapic_vector(struct ioapic *ioapic, unsigned pin)
{
    unsigned long irq = spin_lock(&ioapic->lock);
    uint32_t low = get(ioapic, IOREDTBL + 2 * pin);

    spin_unlock(&ioapic->lock, irq);
    return low & REDIR_VECTOR;
}

/* The entry is masked while its halves do not belong together. */
void ioapic_route(struct ioapic *ioapic, unsigned pin, uint32_t apic_id)
{
    unsigned long irq = spin_lock(&ioapic->lock);
    unsigned reg = IOREDTBL + 2 * pin;
    uint32_t low = get(ioapic, reg);

    set(ioapic, reg, low | REDIR_MASKED);
    set(ioapic, reg + 1, apic_id << DEST_SHIFT);
    set(ioapic, reg, low);
    spin_unlock(&ioapic->lock, irq);
}

int ioapic_set_trigger(struct ioapic *ioapic, unsigned pin, enum irq_trigger trigger)
{
    static const struct {
        bool possible;
        uint32_t bits;
    } triggers[] = {
        [IRQ_EDGE_RISING] = {true, 0},
        [IRQ_EDGE_FALLING] = {true, REDIR_LOW},
        [IRQ_LEVEL_HIGH] = {true, REDIR_LEVEL},
        [IRQ_LEVEL_LOW] = {true, REDIR_LEVEL | REDIR_LOW},
    };

    if (trigger == IRQ_TRIGGER_DEFAULT) {
        return 0;
    }
    if (trigger >= ARRAY_SIZE(triggers) || !triggers[trigger].possible) {
        return -ENOTSUP;
    }
    change(ioapic, pin, REDIR_LEVEL | REDIR_LOW, triggers[trigger].bits);
    return 0;
}
