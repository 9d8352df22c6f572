/* SPDX-License-Identifier: MIT */
/* Translations that CPUs remember, dropped on all that may have them (V4). */
#ifndef CORE_VM_TLB_H
#define CORE_VM_TLB_H

#include <keel/cpumask.h>
#include <keel/types.h>

/* What a space's translations are tagged with, and where they may be. All zero for a new space. */
struct tlb_space {
    uint64_t asid;     /* generation and number, see asid.c */
    cpumask_t running; /* the CPUs that run the space */
    cpumask_t stale;   /* those that must drop its number before they run it again */
};

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

/* A number for the space in the TLB that no other space on this CPU has, and whether all translations
 * must be dropped before it is used. Expects interrupts off. */
unsigned asid_get(uint64_t *asid, bool *flush);

#endif
