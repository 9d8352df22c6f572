/* SPDX-License-Identifier: MIT */
/* Cache maintenance (K8), the kernel's one interface to it: for memory that others read or write past the
 * caches, for what must survive a reset, and for code that was just written. Ports bring <arch/cache.h>.
 *
 * Ranges are in bytes, of any alignment and mapped; a size of 0 is nothing. What a line holds beyond
 * the range is never lost. Data caches: of every CPU, complete on return. */
#ifndef KEEL_CACHE_H
#define KEEL_CACHE_H

#include <arch/cache.h>
#include <keel/types.h>

/* Writes dirty lines to memory and keeps them: others may read what the CPU wrote. */
static inline void cache_clean(const void *va, size_t size)
{
    if (size != 0) {
        arch_cache_clean(va, size);
    }
}

/* Drops lines: the CPU will read what others wrote. Whether what it had written itself reaches memory
 * first depends on the port; lines that stick out of the range do. */
static inline void cache_invalidate(void *va, size_t size)
{
    if (size != 0) {
        arch_cache_invalidate(va, size);
    }
}

/* Writes dirty lines to memory and drops all: for a change of memory type. */
static inline void cache_flush(const void *va, size_t size)
{
    if (size != 0) {
        arch_cache_flush(va, size);
    }
}

/* Makes instructions that were written to the range those that are fetched, through any mapping of the
 * same memory: by every CPU, but on riscv64 by the calling one alone (Zifencei). */
static inline void cache_sync_code(const void *va, size_t size)
{
    if (size != 0) {
        arch_sync_icache(va, size);
    }
}

/* The same for physical memory: those parts of [pa, pa + size) that the direct map holds. Registers of
 * devices and memory that the kernel never maps are not in its caches, and are left alone. */
void cache_flush_phys(phys_addr_t pa, uint64_t size);
void cache_sync_code_phys(phys_addr_t pa, uint64_t size);

#endif
