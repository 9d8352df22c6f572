/* SPDX-License-Identifier: MIT */
/* What code asks of the CPU it runs on: interrupts, barriers, counters, identity. */
#ifndef ARCH_CPU_H
#define ARCH_CPU_H

#include <keel/boot_info.h>
#include <keel/fdt.h>
#include <keel/irqs_off.h>
#include <keel/types.h>
#include <keel/waiting.h>

#define RFLAGS_IF (1ul << 9)
#define RFLAGS_AC (1ul << 18) /* with SMAP: the kernel may touch user pages */

/* Masks interrupts and returns what arch_irq_restore() needs to put them back. */
static inline unsigned long arch_irq_save(void)
{
    unsigned long flags;

    __asm__ volatile("pushfq; popq %0; cli" : "=r"(flags) : : "memory");
    irqs_off_begin();
    return flags;
}

static inline void arch_irq_disable(void)
{
    __asm__ volatile("cli" : : : "memory");
    irqs_off_begin();
}

static inline void arch_irq_enable(void)
{
    irqs_off_end();
    __asm__ volatile("sti" : : : "memory");
}

static inline void arch_irq_restore(unsigned long flags)
{
    if ((flags & RFLAGS_IF) != 0) {
        arch_irq_enable();
    } else {
        arch_irq_disable();
    }
}

static inline bool arch_irq_enabled(void)
{
    unsigned long flags;

    __asm__ volatile("pushfq; popq %0" : "=r"(flags) : : "memory");
    return (flags & RFLAGS_IF) != 0;
}

/* One turn of a waiting loop: serves what other CPUs want at once of one that may have interrupts off,
 * the dropping of translations (smp_call_urgent()). */
static inline void arch_cpu_relax(void)
{
    __asm__ volatile("pause" : : : "memory");
    if (unlikely(READ_ONCE(waiting_calls) != 0)) {
        waiting_serve();
    }
}

/* Interrupts off: halts until there is an interrupt, lets it in, and returns with interrupts off. None
 * can come between sti and hlt. */
static inline void arch_wait_for_interrupt(void)
{
    irqs_off_end();
    __asm__ volatile("sti; hlt; cli" : : : "memory");
    irqs_off_begin();
}

/* Stops this CPU for good. */
static inline __noreturn void arch_halt(void)
{
    for (;;) {
        __asm__ volatile("cli; hlt" : : : "memory");
    }
}

/* Barriers: against devices and other bus masters, and against other CPUs (x86 is TSO: only a load
 * may pass an earlier store). */
#define mb()      __asm__ volatile("mfence" : : : "memory")
#define rmb()     __asm__ volatile("lfence" : : : "memory")
#define wmb()     __asm__ volatile("sfence" : : : "memory")
#define smp_mb()  mb()
#define smp_rmb() barrier()
#define smp_wmb() barrier()

/* The counter of CPU time, the cheapest there is, comparable on one CPU alone. */
static inline uint64_t arch_cputime_counter(void)
{
    uint32_t low, high;

    __asm__ volatile("rdtsc" : "=a"(low), "=d"(high));
    return (uint64_t)high << 32 | low;
}

/* The time-stamp counter: cheap, monotonic, of a rate that arch_counter_hz() finds. It is not read before what was
 * loaded before has come: who was told a time by another CPU sees none that is earlier (Intel SDM volume 2, RDTSC). */
static inline uint64_t arch_counter(void)
{
    rmb();
    return arch_cputime_counter();
}

/* Chooses it, once; its rate, where arch_counter() runs at `counter_hz`. */
static inline uint64_t arch_cputime_start(uint64_t counter_hz)
{
    return counter_hz;
}

/* The counter's rate in Hz: told by CPUID or the hypervisor, else measured against the HPET of the
 * tree, else against the PIT, in half a millisecond or, where a host disturbs that, some more; once. 0 when
 * none of them works. */
uint64_t arch_counter_hz(const struct fdt *fdt);

/* The rate in Hz that local APICs' timers have before their divider, told by CPUID or the hypervisor; 0
 * when neither does. */
uint64_t arch_apic_timer_hz(void);

/* Instructions executed since the kernel's entry, exact where the emulator's time counts them; 0
 * outside of bench builds. */
extern uint64_t boot_tsc;

static inline uint64_t arch_instructions(void)
{
    return IS_ENABLED(CONFIG_BENCH) ? arch_counter() - boot_tsc : 0;
}

/* 64 bits from RDSEED or RDRAND; false when the CPU has neither or gives none. */
bool arch_entropy(uint64_t *out);

/* Who this CPU is (CPUID leaves 0, 1 and the brand string). */
void arch_identify_cpu(struct cpu_identity *out);

/* The frame pointer of the function that calls it. */
static __always_inline virt_addr_t arch_frame_pointer(void)
{
    return (virt_addr_t)__builtin_frame_address(0);
}

#endif
