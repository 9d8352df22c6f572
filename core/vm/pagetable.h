/* SPDX-License-Identifier: MIT */
/* What the kernel's address space needs of the page tables beyond <keel/vm.h>. */
#ifndef CORE_VM_PAGETABLE_H
#define CORE_VM_PAGETABLE_H

#include <keel/types.h>

/* From now on table pages come from RAM below `limit`, which the direct map covers. */
void pt_use_ram(phys_addr_t limit);

/* Makes the tables under `to` share the top-level entries of `from` over [va, va + size). */
void pt_share_top(phys_addr_t to, phys_addr_t from, virt_addr_t va, uint64_t size);

/* Puts a table under every top-level entry over [va, va + size) that has none, so that roots which
 * share these entries stay alike. -ENOMEM. */
int pt_fill_top(phys_addr_t root, virt_addr_t va, uint64_t size);

#endif
