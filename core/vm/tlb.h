/* SPDX-License-Identifier: MIT */
/* Translations that CPUs remember, dropped on all that may have them (V4). */
#ifndef CORE_VM_TLB_H
#define CORE_VM_TLB_H

#include <keel/cpumask.h>
#include <keel/percpu.h>
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

/* --- asid.c: numbers of spaces --- */

/* A space's `asid` is generation << ASID_BITS_MAX | number; generation 0 is no number yet. Number 0
 * is for no space at all. */
#define ASID_BITS_MAX 16u
#define ASIDS_MAX     (1u << ASID_BITS_MAX)
#define ASID_FLUSH    ASIDS_MAX /* with a number: all translations must be dropped before it is used */

struct asid_cpu {
    uint64_t active;   /* what the CPU runs with; 0 when a generation has ended since it was set */
    uint64_t kept;     /* what it ran with then */
    bool flush_wanted; /* its TLB may hold numbers of an old generation */
} __aligned(64);

extern struct asid_cpu asid_cpus[CPUS_MAX];
extern uint64_t asid_generation;

unsigned asid_get_slowly(uint64_t *asid);

/* A number for the space in the TLB that no other space on this CPU has. Expects interrupts off. Without the
 * lock as long as the generation lasts: when it ends in between, `active` is not what it was. Where numbers do
 * not suffice there never is an active one. */
static inline unsigned asid_get(uint64_t *asid)
{
    struct asid_cpu *cpu = &asid_cpus[cpu_index()];
    uint64_t active = __atomic_load_n(&cpu->active, __ATOMIC_ACQUIRE);
    uint64_t mine = __atomic_load_n(asid, __ATOMIC_RELAXED);

    if (likely(active != 0 &&
               mine >> ASID_BITS_MAX == __atomic_load_n(&asid_generation, __ATOMIC_RELAXED) &&
               __atomic_compare_exchange_n(&cpu->active, &active, mine, false, __ATOMIC_SEQ_CST,
                                           __ATOMIC_RELAXED))) {
        return mine & (ASIDS_MAX - 1);
    }
    return asid_get_slowly(asid);
}

#endif
