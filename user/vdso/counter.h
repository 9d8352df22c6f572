/* SPDX-License-Identifier: MIT */
/* The CPU's counter that time is told from, as user mode reads it: as arch_counter() of the kernel. */
#ifndef USER_VDSO_COUNTER_H
#define USER_VDSO_COUNTER_H

#include <stdint.h>

static inline uint64_t counter(void)
{
#if defined(__aarch64__)
    uint64_t ticks;

    __asm__ volatile("isb\n mrs %0, CNTVCT_EL0" : "=r"(ticks) : : "memory");
    return ticks;
#elif defined(__riscv)
    uint64_t ticks;

    __asm__ volatile("rdtime %0" : "=r"(ticks) : : "memory");
    return ticks;
#elif defined(__x86_64__)
    uint32_t low, high;

    __asm__ volatile("lfence\n rdtsc" : "=a"(low), "=d"(high) : : "memory");
    return (uint64_t)high << 32 | low;
#else
#error "this architecture's counter is not known"
#endif
}

#endif
