/* SPDX-License-Identifier: MIT */
/* The host tests' caches: coherent with everything, unless a test brings some of its own. */
#ifndef ARCH_CACHE_H
#define ARCH_CACHE_H

#include <keel/types.h>

/* Told of what is written back and dropped, and of code that is made coherent, where a test has them. */
void __attribute__((weak)) fake_cache_flush(const void *va, size_t size);
void __attribute__((weak)) fake_sync_icache(const void *va, size_t size);

static inline void arch_cache_flush(const void *va, size_t size)
{
    if (fake_cache_flush) {
        fake_cache_flush(va, size);
    }
}

static inline void arch_cache_clean(const void *va, size_t size)
{
    arch_cache_flush(va, size);
}

static inline void arch_cache_invalidate(void *va, size_t size)
{
    arch_cache_flush(va, size);
}

static inline void arch_sync_icache(const void *va, size_t size)
{
    if (fake_sync_icache) {
        fake_sync_icache(va, size);
    }
}

#endif
