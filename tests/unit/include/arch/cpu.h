/* SPDX-License-Identifier: MIT */
/* The host tests' CPU: a counter that the test sets, interrupts that are never on. */
#ifndef ARCH_CPU_H
#define ARCH_CPU_H

#include <keel/types.h>
#include <sched.h>
#include <stdlib.h>

extern uint64_t fake_counter;
extern uint64_t fake_counter_step; /* added by every read */

#define mb()     __atomic_thread_fence(__ATOMIC_SEQ_CST)
#define wmb()    __atomic_thread_fence(__ATOMIC_SEQ_CST)
#define smp_mb() __atomic_thread_fence(__ATOMIC_SEQ_CST)

static inline unsigned long arch_irq_save(void)
{
    return 0;
}

/* Off where a test says so. */
extern _Thread_local bool fake_irqs_off;

static inline bool arch_irq_enabled(void)
{
    return !fake_irqs_off;
}

static inline void arch_irq_restore(unsigned long saved)
{
    (void)saved;
}

static inline void arch_irq_disable(void)
{
}

static inline void arch_irq_enable(void)
{
}

extern unsigned fake_events; /* how often arch_send_event() was called */

static inline void arch_send_event(void)
{
    fake_events++;
}

/* Tests with more threads than the host has CPUs would wait long otherwise. */
static inline void arch_cpu_relax(void)
{
    sched_yield();
}

static inline uint64_t arch_counter(void)
{
    return __atomic_add_fetch(&fake_counter, fake_counter_step, __ATOMIC_RELAXED);
}

static inline uint64_t arch_cputime_counter(void)
{
    return arch_counter();
}

static inline __noreturn void arch_halt(void)
{
    abort();
}

#endif
