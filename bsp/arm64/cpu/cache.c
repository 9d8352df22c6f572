/* SPDX-License-Identifier: MIT */
/* Cache maintenance by address, to the point of coherency or of unification. */
#include <arch/cache.h>

#include <arch/alternative.h>
#include <arch/feature.h>
#include <arch/sysreg.h>

/* Bytes in the smallest data (DminLine, bit 16) or instruction (IminLine, bit 0) line. */
static size_t line_size(unsigned shift)
{
    return 4u << (read_sysreg(CTR_EL0) >> shift & 0xf);
}

/* Runs one maintenance instruction over all lines of [va, va + size). */
#define FOR_LINES(insn, line, va, size)                                                          \
    do {                                                                                         \
        virt_addr_t end_ = (virt_addr_t)(va) + (size);                                           \
                                                                                                 \
        for (virt_addr_t at_ = ALIGN_DOWN((virt_addr_t)(va), line); at_ < end_; at_ += (line)) { \
            __asm__ volatile(insn ", %0" : : "r"(at_) : "memory");                               \
        }                                                                                        \
    } while (0)

static void complete(void)
{
    __asm__ volatile("dsb sy" ::: "memory");
}

void arch_sync_icache(const void *va, size_t size)
{
    if (!cpu_has(CPU_FEATURE_IDC)) {
        FOR_LINES("dc cvau", line_size(16), va, size);
    }
    __asm__ volatile("dsb ish" ::: "memory");
    if (!cpu_has(CPU_FEATURE_DIC)) {
        FOR_LINES("ic ivau", line_size(0), va, size);
        __asm__ volatile("dsb ish" ::: "memory");
    }
    isb();
}

void arch_cache_clean(const void *va, size_t size)
{
    FOR_LINES("dc cvac", line_size(16), va, size);
    complete();
}

void arch_cache_flush(const void *va, size_t size)
{
    FOR_LINES("dc civac", line_size(16), va, size);
    complete();
}

void arch_cache_invalidate(void *va, size_t size)
{
    size_t line = line_size(16);
    virt_addr_t start = (virt_addr_t)va;
    virt_addr_t end = start + size;

    if (size == 0) {
        return;
    }
    if (!IS_ALIGNED(start, line)) {
        arch_cache_flush(va, 1);
    }
    if (!IS_ALIGNED(end, line)) {
        arch_cache_flush((void *)(end - 1), 1);
    }
    FOR_LINES("dc ivac", line, va, size);
    complete();
}

void arch_fill_nops(void *at, size_t size)
{
    uint32_t *insn = at;

    for (size_t i = 0; i < size / ARCH_NOP_SIZE; i++) {
        insn[i] = ARCH_NOP;
    }
}
