/* SPDX-License-Identifier: MIT */
/* The physical memory map: what RAM there is, what of it is taken, and the early allocator. */
#ifndef KEEL_MEMMAP_H
#define KEEL_MEMMAP_H

#include <keel/boot_info.h>
#include <keel/types.h>

/* Adds RAM. Overlaps and neighbours merge; bytes at the ends that do not fill a page are cut off.
 * -EINVAL when base + size overflows, -ENOSPC when the table is full (logged, the RAM is not used). */
int memmap_add_ram(phys_addr_t base, uint64_t size);

#define MEMMAP_NOMAP (1u << 0) /* the kernel does not even map it */
#define MEMMAP_FIRMWARE \
    (1u << 1) /* firmware has asked for it: nothing of the kernel's lies there */

/*
 * Takes [base, base + size) out of what may be handed out, rounded outwards to pages; RAM or not, in
 * any order with memmap_add_ram(). `why` (a constant) names the owner in `mem`; `flags` are MEMMAP_*.
 * What would reach beyond the last page ends there. -ENOSPC as above, which is fatal to boot.
 */
int memmap_reserve(phys_addr_t base, uint64_t size, const char *why, unsigned flags);

/* Bytes of RAM, and of RAM that is neither reserved nor handed out. */
uint64_t memmap_ram_bytes(void);
uint64_t memmap_free_bytes(void);

/* The nth RAM bank (sorted, disjoint), or nth reservation; false past the end. */
bool memmap_ram(unsigned index, phys_addr_t *base, uint64_t *size);
bool memmap_reservation(unsigned index, phys_addr_t *base, uint64_t *size, const char **why,
                        bool *nomap);

/* The first piece of RAM at or above `from` that may be mapped: RAM less the nomap reservations;
 * false when there is none. */
bool memmap_mappable(phys_addr_t from, phys_addr_t *base, uint64_t *size);

/*
 * Hands out zeroed, page-aligned RAM below `limit`, for ever; it becomes a reservation named `why`.
 * Returns its physical address, or 0 when there is none. Boot CPU only; ends when the page allocator
 * takes over.
 */
phys_addr_t memmap_alloc(uint64_t size, uint64_t align, phys_addr_t limit, const char *why);

/* The same between `from` and `limit`, but with whatever the RAM holds. */
phys_addr_t memmap_take(uint64_t size, uint64_t align, phys_addr_t from, phys_addr_t limit,
                        const char *why);

/* The first piece of RAM at or above `from` that is neither reserved nor handed out. */
bool memmap_free_piece(phys_addr_t from, phys_addr_t *base, uint64_t *size);

/* From here on memmap_alloc() and memmap_take() give nothing, and say so in the log. */
void memmap_close(void);

/* Panics, naming the place, when a free piece of RAM does not keep what is written to its ends: the map
 * announces memory that is not there. The direct map must hold all RAM. */
void memmap_verify(void);

/* True when all of [base, base + size) is RAM. */
bool memmap_is_ram(phys_addr_t base, uint64_t size);

/* True when all of [base, base + size), `size` > 0, is RAM that one reservation of firmware's holds, and
 * none of the kernel's own touches. */
bool memmap_is_firmwares(phys_addr_t base, uint64_t size);

#endif
