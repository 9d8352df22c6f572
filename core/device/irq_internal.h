/* SPDX-License-Identifier: MIT */
/* What the files of the interrupt core share: lines, requests, and what each CPU keeps. */
#ifndef CORE_DEVICE_IRQ_INTERNAL_H
#define CORE_DEVICE_IRQ_INTERNAL_H

#include <keel/irq.h>
#include <keel/spinlock.h>

#define IRQ_CACHE_LINE 64

/* One CPU's part of a line; written by that CPU alone, interrupts off, but for `depth`, which is
 * written with the line's lock held. */
struct irq_line_cpu {
    uint64_t count;
    uint32_t running; /* odd while handlers run here: irq_release() waits for that */
    uint32_t nones;   /* handlers found nothing, so often in a row */
    uint32_t depth;   /* of irq_mask(), of a line that each CPU has */
};

struct irq_line {
    struct irq *requests; /* changed with the lock held, walked without */
    struct irq_chip *chip;
    unsigned hw;
    uint32_t stride; /* bytes from one CPU's part to the next */
    struct spinlock lock;
    uint32_t depth; /* of irq_mask() and masks of the core; 0 is unmasked */
    enum irq_trigger trigger;
    int cpu; /* where it is routed; -1 when that is fixed */
    bool percpu;
    bool storm;         /* masked for one */
    uint32_t fast;      /* windows in a row that were too short */
    uint64_t window_ns; /* the present window's start */
    uint64_t window_entries;
    /* CPUS_MAX of them; of a line that each CPU has, each in a cache line of its own. */
    struct irq_line_cpu cpus[] __aligned(IRQ_CACHE_LINE);
};

struct irq {
    struct irq *next; /* on the line, in order of request */
    struct irq_line *line;
    struct irq_request req;
    void *thread;   /* of irq_thread_ops; NULL until there are threads */
    uint32_t woken; /* before there was one: 0 or 1, as the next */
    bool holds;     /* the second half is to unmask the line; changed with the line's lock held */
};

/* What a CPU knows of its interrupts. */
struct irq_cpu {
    uint64_t entries; /* calls of irq_handle() */
    uint64_t spurious;
    uint64_t strays;
    uint32_t depth; /* in irq_handle() */
} __aligned(IRQ_CACHE_LINE);

extern struct irq_cpu irq_cpu_data[CPUS_MAX];
extern cpumask_t irq_cpus_ready; /* that take lines; atomic */

/* All controllers, the newest first. */
extern struct irq_chip *irq_chips;

/* Lines masked for a storm since the boot. */
extern unsigned irq_storms;

static inline struct irq_line_cpu *irq_line_cpu(struct irq_line *line, unsigned cpu)
{
    return (struct irq_line_cpu *)((char *)line->cpus + (size_t)cpu * line->stride);
}

/* Masks and unmasks once, nesting; on the calling CPU when the line is per CPU. The lock is held. */
void irq_line_mask(struct irq_line *line);
void irq_line_unmask(struct irq_line *line);

/* The first half has asked for its thread. Interrupts off. */
void irq_wake_thread(struct irq *irq);

/* Every IRQ_STORM_WINDOW interrupts of a line on this CPU, and whenever its handlers found nothing: masks
 * the line if that has become a storm. Interrupts off. */
#define IRQ_STORM_WINDOW 1024
void irq_check_rate(struct irq_line *line);
void irq_check_nones(struct irq_line *line, struct irq_line_cpu *state);

/* An interrupt of a line that nobody has requested: masks it. Interrupts off. */
void irq_stray(struct irq_chip *chip, unsigned hw);

const char *irq_trigger_name(enum irq_trigger trigger);

#endif
