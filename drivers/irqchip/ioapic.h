/* SPDX-License-Identifier: MIT */
/* An I/O APIC (Intel 82093AA data sheet; its successors in Intel's chip sets): registers only. */
#ifndef DRIVERS_IRQCHIP_IOAPIC_H
#define DRIVERS_IRQCHIP_IOAPIC_H

#include <keel/driver.h>
#include <keel/irq.h>
#include <keel/spinlock.h>

#define IOAPIC_PINS_MAX 240u
#define IOAPIC_DEST_MAX 254u /* APIC ids that fit an entry; 255 is everybody */

struct ioapic {
    struct io_region io;
    struct spinlock lock; /* a register is reached in two accesses */
    unsigned pins;
};

/* Counts the pins and masks them all. -ENODEV when nothing answers. */
int ioapic_start(struct ioapic *ioapic);

/* Masks or unmasks a pin. */
void ioapic_mask(struct ioapic *ioapic, unsigned pin, bool masked);

/* Which vector it raises, of the CPU with that APIC id (up to IOAPIC_DEST_MAX); masked or not, as it
 * was. */
void ioapic_set_vector(struct ioapic *ioapic, unsigned pin, unsigned vector);
unsigned ioapic_vector(struct ioapic *ioapic, unsigned pin); /* 0: none yet */
void ioapic_route(struct ioapic *ioapic, unsigned pin, uint32_t apic_id);

/* 0, or -ENOTSUP for both edges. IRQ_TRIGGER_DEFAULT changes nothing. */
int ioapic_set_trigger(struct ioapic *ioapic, unsigned pin, enum irq_trigger trigger);

#endif
