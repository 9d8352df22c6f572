/* SPDX-License-Identifier: MIT */
/* The platform-level interrupt controller of RISC-V (RISC-V PLIC Specification 1.0.0): its registers,
 * apart from the tree. */
#ifndef IRQCHIP_PLIC_H
#define IRQCHIP_PLIC_H

#include <keel/driver.h>
#include <keel/irq.h>
#include <keel/percpu.h>
#include <keel/spinlock.h>

#define PLIC_SOURCES_MAX  1024u /* interrupt 0 does not exist */
#define PLIC_CONTEXTS_MAX 15872u

struct plic {
    struct irq_chip chip;
    struct io_region regs;
    struct spinlock lock;               /* the enable registers and `cpu_of` */
    uint32_t urgent;                    /* the highest priority the hardware holds */
    int contexts[CPUS_MAX];             /* of the CPU's S-mode; negative: none */
    uint8_t priority[PLIC_SOURCES_MAX]; /* 0 to 255, core's scale */
    uint8_t cpu_of[PLIC_SOURCES_MAX];   /* where the source is enabled */
};

/* Sets up a controller whose `regs` and `contexts` are filled in, with `sources` interrupts, all of them
 * masked and none enabled anywhere. Only the contexts of our CPUs are touched. -EINVAL: that many
 * sources or a context do not fit the registers; -ENXIO: the boot CPU has no context. */
int plic_init(struct plic *plic, unsigned sources);

/* Opens the calling CPU's context, with no source enabled. 0, -ENXIO: it has none. */
int plic_start_cpu(struct irq_chip *chip);

/* Takes and dispatches what is pending for the calling CPU. */
void plic_handle(struct plic *plic);

#endif
