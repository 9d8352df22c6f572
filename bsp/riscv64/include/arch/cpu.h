/* SPDX-License-Identifier: MIT */
/* What portable code asks of the hart it runs on: interrupts, counters, identity, barriers. */
#ifndef ARCH_CPU_H
#define ARCH_CPU_H

#include <arch/csr.h>
#include <keel/boot_info.h>
#include <keel/fdt.h>
#include <keel/irqs_off.h>
#include <keel/types.h>

/* Masks interrupts; gives what arch_irq_restore() takes to undo just that. */
static inline unsigned long arch_irq_save(void)
{
    unsigned long saved = csr_read_clear(sstatus, SSTATUS_SIE) & SSTATUS_SIE;

    irqs_off_begin();
    return saved;
}

static inline void arch_irq_restore(unsigned long saved)
{
    if ((saved & SSTATUS_SIE) != 0) {
        irqs_off_end();
    }
    csr_set(sstatus, saved & SSTATUS_SIE);
}

static inline void arch_irq_disable(void)
{
    csr_clear(sstatus, SSTATUS_SIE);
    irqs_off_begin();
}

static inline void arch_irq_enable(void)
{
    irqs_off_end();
    csr_set(sstatus, SSTATUS_SIE);
}

static inline bool arch_irq_enabled(void)
{
    return (csr_read(sstatus) & SSTATUS_SIE) != 0;
}

/* A hint inside of loops that wait: `pause` (Zihintpause), on older CPUs a fence without effect. */
static inline void arch_cpu_relax(void)
{
    __asm__ volatile(".4byte 0x0100000f" ::: "memory");
}

/* Interrupts masked: halts until there is an interrupt, lets it in, and returns with interrupts
 * masked. */
static inline void arch_wait_for_interrupt(void)
{
    irqs_off_end();
    __asm__ volatile("wfi" ::: "memory");
    arch_irq_enable();
    arch_irq_disable();
}

/* Stops this hart for ever, interrupts masked. */
__noreturn void arch_halt(void);

/* The `time` counter: monotonic, the same on all harts. */
static inline uint64_t arch_counter(void)
{
    return csr_read(time);
}

/*
 * The counter of CPU time, comparable on one hart alone: `time`, or `cycle` where reading `time` traps
 * into firmware.
 */
extern bool cputime_by_cycle;

static inline uint64_t arch_cputime_counter(void)
{
    return unlikely(cputime_by_cycle) ? csr_read(cycle) : csr_read(time);
}

/* Chooses it, once; its rate, where arch_counter() runs at `counter_hz`. */
uint64_t arch_cputime_start(uint64_t counter_hz);

/* Its rate in Hz: timebase-frequency of /cpus or of the boot hart's node; 0 when the tree does not
 * tell. */
uint64_t arch_counter_hz(const struct fdt *fdt);

/* Instructions retired since the kernel's entry, firmware's for us among them, in builds for
 * benches (firmware opens the counter); else 0. */
extern uint64_t boot_instret;

static inline uint64_t arch_instructions(void)
{
    return IS_ENABLED(CONFIG_BENCH) ? csr_read(instret) - boot_instret : 0;
}

/* 64 random bits from the CPU (Zkr). False when it has none, or firmware keeps it to itself. */
bool arch_entropy(uint64_t *out);

/* Who the boot hart is: the machine ids that the SBI tells, and its number. */
void arch_identify_cpu(struct cpu_identity *cpu);

/* What the tree calls the boot hart, the first of its `compatible`, cut to `size` bytes; or "". */
void arch_cpu_name(const struct fdt *fdt, char *name, size_t size);

/* The id of the hart that the firmware chose to boot. */
uint64_t arch_boot_hart(void);

/* The frame pointer of the caller. */
static __always_inline virt_addr_t arch_frame_pointer(void)
{
    return (virt_addr_t)__builtin_frame_address(0);
}

/* Barriers against devices and other harts, and against other harts alone. */
#define mb()      __asm__ volatile("fence iorw, iorw" ::: "memory")
#define rmb()     __asm__ volatile("fence ir, ir" ::: "memory")
#define wmb()     __asm__ volatile("fence ow, ow" ::: "memory")
#define smp_mb()  __asm__ volatile("fence rw, rw" ::: "memory")
#define smp_rmb() __asm__ volatile("fence r, r" ::: "memory")
#define smp_wmb() __asm__ volatile("fence w, w" ::: "memory")

#endif
