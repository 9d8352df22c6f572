/* SPDX-License-Identifier: MIT */
/* Cache lines out to memory (Intel SDM volume 2, CLFLUSH, CLFLUSHOPT, CLWB). DMA is coherent on
 * x86:
 * this is for memory that others read past the caches, and for what must survive a reset. */
#include <arch/alternative.h>
#include <arch/cache.h>
#include <arch/cpu.h>
#include <arch/cpuid.h>
#include <arch/feature.h>

#define LINE_DEFAULT 64

unsigned arch_cache_line(void)
{
    static unsigned line;

    if (line == 0) {
        line = cpu_has(CPU_FEATURE_CLFLUSH) ? (cpuid(1, 0).ebx >> 8 & 0xff) * 8 : LINE_DEFAULT;
        line = line == 0 ? LINE_DEFAULT : line;
    }
    return line;
}

static inline void flush_line(virt_addr_t va)
{
    __asm__ volatile(ALTERNATIVE("clflush (%0)", "clflushopt (%0)", CPU_FEATURE_CLFLUSHOPT)
                     :
                     : "r"(va)
                     : "memory");
}

static inline void clean_line(virt_addr_t va)
{
    __asm__ volatile(ALTERNATIVE("clflush (%0)", "clwb (%0)", CPU_FEATURE_CLWB)
                     :
                     : "r"(va)
                     : "memory");
}

#define FOR_EACH_LINE(at, va, size)                                                      \
    for (virt_addr_t at = ALIGN_DOWN((virt_addr_t)(va), (virt_addr_t)arch_cache_line()); \
         at < (virt_addr_t)(va) + (size); at += arch_cache_line())

void arch_cache_clean(const void *va, size_t size)
{
    mb();
    FOR_EACH_LINE(at, va, size)
    {
        clean_line(at);
    }
    mb();
}

void arch_cache_flush(const void *va, size_t size)
{
    mb();
    FOR_EACH_LINE(at, va, size)
    {
        flush_line(at);
    }
    mb();
}

void arch_cache_invalidate(void *va, size_t size)
{
    arch_cache_flush(va, size);
}

void arch_sync_icache(const void *va, size_t size)
{
    cpuid(0, 0);
}
