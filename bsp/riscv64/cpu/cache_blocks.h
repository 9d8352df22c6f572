/* SPDX-License-Identifier: MIT */
/* The part of cache invalidation that is assembly. */
#ifndef CPU_CACHE_BLOCKS_H
#define CPU_CACHE_BLOCKS_H

#include <keel/types.h>

/* cbo.inval of every block that [va, va + size) touches: what neighbours wrote to them is lost
 * too. */
void cache_inval_blocks(void *va, size_t size);

#endif
