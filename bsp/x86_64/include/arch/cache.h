/* SPDX-License-Identifier: MIT */
/* Cache maintenance (K8): by range, to the point where every bus master sees memory. */
#ifndef ARCH_CACHE_H
#define ARCH_CACHE_H

#include <keel/types.h>

/* Makes code written at va executable. x86 keeps instruction fetches coherent; a serialising
 * instruction drops what was fetched ahead (Intel SDM volume 3, 8.1.3). */
void arch_sync_icache(const void *va, size_t size);

/* Writes dirty lines back / drops them (writing dirty ones back, x86 has no other way) / both. */
void arch_cache_clean(const void *va, size_t size);
void arch_cache_invalidate(void *va, size_t size);
void arch_cache_flush(const void *va, size_t size);

/* Bytes of a line as CLFLUSH counts them (CPUID leaf 1). */
unsigned arch_cache_line(void);

#endif
