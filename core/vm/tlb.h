/* SPDX-License-Identifier: MIT */
/* Translations that CPUs remember, dropped on all that may have them (V4). */
#ifndef CORE_VM_TLB_H
#define CORE_VM_TLB_H

#include <keel/aspace_switch.h>

/* Has this CPU run on the tables at `root` of the space `to`, after `from`; NULL: no user space.
 * Interrupts off. */
void tlb_switch(struct tlb_space *from, struct tlb_space *to, phys_addr_t root);

/* Drops [va, va + size) of a space, leaves of `level` and larger, with `tables` also tables on the way,
 * on every CPU; returns when none uses them any more. After the entries were written. Any context. */
void tlb_flush_space(struct tlb_space *space, virt_addr_t va, uint64_t size, unsigned level,
                     bool tables);

/* The same for the kernel's half. */
void tlb_flush_kernel(virt_addr_t va, uint64_t size, unsigned level, bool tables);

/* Makes entries of the kernel's half that were not present before valid for every CPU. */
void tlb_publish_kernel(virt_addr_t va, uint64_t size, bool tables);

/* --- asid.c: numbers of spaces --- */

#define ASID_FLUSH ASIDS_MAX /* with a number: all translations must be dropped before it is used */

unsigned asid_get_slowly(uint64_t *asid);

/* A number for the space in the TLB that no other space on this CPU has. Expects interrupts off. */
static inline unsigned asid_get(uint64_t *asid)
{
    unsigned number;

    return likely(asid_try(cpu_index(), asid, &number)) ? number : asid_get_slowly(asid);
}

#endif
