/* SPDX-License-Identifier: MIT */
/* How long interrupts are off (T7): with CONFIG_IRQS_OFF each CPU keeps its longest stretch, and where it
 * began and ended. Without it all of this is nothing. */
#ifndef KEEL_IRQS_OFF_H
#define KEEL_IRQS_OFF_H

#include <keel/compiler.h>
#include <keel/types.h>

/* The longest stretch of all CPUs. */
struct irqs_off {
    uint64_t ticks;   /* of arch_counter(); 0: nothing was measured yet */
    unsigned cpu;     /* on which it was */
    virt_addr_t from; /* behind the place that turned interrupts off */
    virt_addr_t to;   /* ... and on */
};

void irqs_off_longest(struct irqs_off *out);

/* Begins anew. */
void irqs_off_reset(void);

/* The calling CPU goes off: what it does until it turns interrupts on again does not count. Interrupts
 * off. */
void irqs_off_forget(void);

void irqs_off_start(void);
void irqs_off_stop(void);

/* For the port, in arch/cpu.h and where traps enter and leave: interrupts have just been turned off
 * (also when they were off already), and are about to be turned on. What lies before a CPU turns them on
 * for the first time does not count. */
static __always_inline void irqs_off_begin(void)
{
    if (IS_ENABLED(CONFIG_IRQS_OFF)) {
        irqs_off_start();
    }
}

static __always_inline void irqs_off_end(void)
{
    if (IS_ENABLED(CONFIG_IRQS_OFF)) {
        irqs_off_stop();
    }
}

#endif
