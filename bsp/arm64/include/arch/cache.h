/* SPDX-License-Identifier: MIT */
/* Cache maintenance by address (Arm ARM DDI 0487, B2.4.7 and D7.5). Ranges are in bytes and are
 * widened to whole lines; all of it works on any mapped address. */
#ifndef ARCH_CACHE_H
#define ARCH_CACHE_H

#include <keel/types.h>

/* Makes instructions written to [va, va + size) the ones that are fetched, on all CPUs. */
void arch_sync_icache(const void *va, size_t size);

/* Writes dirty lines back to memory (the point of coherency). */
void arch_cache_clean(const void *va, size_t size);

/* Drops lines without writing them; a line that the range shares at its ends is cleaned first. */
void arch_cache_invalidate(void *va, size_t size);

/* Writes back and drops. */
void arch_cache_flush(const void *va, size_t size);

#endif
