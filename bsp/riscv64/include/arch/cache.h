/* SPDX-License-Identifier: MIT */
/* Cache maintenance: instruction fetch against stores (Zifencei), data caches to memory (CMO
 * extensions Zicbom and Zicboz). */
#ifndef ARCH_CACHE_H
#define ARCH_CACHE_H

#include <keel/types.h>

/* Makes code written to [va, va + size) visible to instruction fetch of all harts. */
void arch_sync_icache(const void *va, size_t size);

/*
 * Data caches over [va, va + size), any alignment: write dirty lines to memory, drop lines, both.
 * Without Zicbom memory is taken to be coherent with all devices, and these order accesses only.
 * arch_cache_invalidate() writes lines back that reach over the ends.
 */
void arch_cache_clean(const void *va, size_t size);
void arch_cache_invalidate(void *va, size_t size);
void arch_cache_flush(const void *va, size_t size);

/* Bytes that one cbo.clean and kin, and one cbo.zero work on, from the tree; 0 without Zicbom or
 * Zicboz. */
extern uint64_t cache_cbom_size;
extern uint64_t cache_cboz_size;

#endif
