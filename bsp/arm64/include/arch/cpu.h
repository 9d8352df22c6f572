/* SPDX-License-Identifier: MIT */
/* This CPU: interrupt masking, barriers, counters, idling. */
#ifndef ARCH_CPU_H
#define ARCH_CPU_H

#include <arch/alternative.h>
#include <arch/sysreg.h>
#include <keel/irqs_off.h>
#include <keel/types.h>

struct cpu_identity;
struct fdt;

#define mb()      __asm__ volatile("dsb sy" ::: "memory")
#define rmb()     __asm__ volatile("dsb ld" ::: "memory")
#define wmb()     __asm__ volatile("dsb st" ::: "memory")
#define smp_mb()  __asm__ volatile("dmb ish" ::: "memory")
#define smp_rmb() __asm__ volatile("dmb ishld" ::: "memory")
#define smp_wmb() __asm__ volatile("dmb ishst" ::: "memory")

/* Masks interrupts (IRQ and FIQ) on this CPU; returns what arch_irq_restore() takes. */
static inline unsigned long arch_irq_save(void)
{
    unsigned long flags = read_sysreg(DAIF);

    __asm__ volatile("msr daifset, #3" ::: "memory");
    irqs_off_begin();
    return flags;
}

static inline void arch_irq_restore(unsigned long flags)
{
    if ((flags & PSR_I) == 0) {
        irqs_off_end();
    }
    write_sysreg(DAIF, flags);
}

static inline void arch_irq_disable(void)
{
    __asm__ volatile("msr daifset, #3" ::: "memory");
    irqs_off_begin();
}

static inline void arch_irq_enable(void)
{
    irqs_off_end();
    __asm__ volatile("msr daifclr, #3" ::: "memory");
}

static inline bool arch_irq_enabled(void)
{
    return (read_sysreg(DAIF) & PSR_I) == 0;
}

/* A pause in a loop that waits for another CPU or a device. */
static inline void arch_cpu_relax(void)
{
    __asm__ volatile("yield" ::: "memory");
}

/* Wakes CPUs that wait for an event (wfe), what was written before being visible to them. */
static inline void arch_send_event(void)
{
    __asm__ volatile("dsb sy\n sev" ::: "memory");
}

/* Interrupts off: halts until there is an interrupt, lets it in, and returns with interrupts off. */
static inline void arch_wait_for_interrupt(void)
{
    irqs_off_end();
    __asm__ volatile("dsb sy\n"
                     "wfi\n"
                     "msr daifclr, #3\n"
                     "isb\n"
                     "msr daifset, #3" ::
                         : "memory");
    irqs_off_begin();
}

/* Stops this CPU for good, interrupts off. */
__noreturn void arch_halt(void);

/* The virtual counter, read in program order: ticks of arch_counter_hz(), never going back. */
static inline uint64_t arch_counter(void)
{
    uint64_t ticks;

    __asm__ volatile(ALTERNATIVE("isb\n mrs %0, CNTVCT_EL0",
                                 "mrs %0, " SYSREG_STR(SYSREG_CNTVCTSS_EL0), CPU_FEATURE_ECV)
                     : "=r"(ticks)
                     :
                     : "memory");
    return ticks;
}

/* The counter of CPU time, the cheapest there is: read early or late by a few instructions, comparable
 * on one CPU alone. */
static inline uint64_t arch_cputime_counter(void)
{
    return read_sysreg(CNTVCT_EL0);
}

/* Chooses it, once; its rate, where arch_counter() runs at `counter_hz`. */
static inline uint64_t arch_cputime_start(uint64_t counter_hz)
{
    return counter_hz;
}

/* Its rate: CNTFRQ_EL0, or where firmware left that 0 the `clock-frequency` of the tree's timer (binding
 * arm,arch_timer); 0 when nobody knows. */
uint64_t arch_counter_hz(const struct fdt *fdt);

/* Instructions executed since the entry, in CONFIG_BENCH builds; 0 in others. */
uint64_t arch_instructions(void);

/* 64 random bits from RNDR; false when the CPU has none to give. */
bool arch_entropy(uint64_t *bits);

/* Tells who this CPU is, from MIDR_EL1 and MPIDR_EL1. */
void arch_identify_cpu(struct cpu_identity *cpu);

/* The caller's frame pointer. */
static inline virt_addr_t arch_frame_pointer(void)
{
    return (virt_addr_t)__builtin_frame_address(0);
}

#endif
