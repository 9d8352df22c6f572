/* SPDX-License-Identifier: MIT */
/* The way from one thread's user space to another's in line, for the scheduler's short ways: where both are known and
 * the next one has its number in the TLB. All else is aspace_load()'s. */
#ifndef KEEL_ASPACE_SWITCH_H
#define KEEL_ASPACE_SWITCH_H

#include <arch/atomic.h>
#include <arch/mmu.h>
#include <keel/cpumask.h>
#include <keel/percpu.h>
#include <keel/types.h>

/* What a space's translations are tagged with, and where they may be. All zero for a new space. */
struct tlb_space {
    uint64_t asid;     /* generation and number, see core/vm/asid.c */
    cpumask_t running; /* the CPUs that run the space */
    cpumask_t stale;   /* those that must drop its number before they run it again */
};

/* Begins every struct aspace. */
struct aspace_head {
    struct tlb_space tlb;
    phys_addr_t root; /* of its tables */
};

/* A space's `asid` is generation << ASID_BITS_MAX | number; generation 0 is no number yet. Number 0
 * is for no space at all. */
#define ASID_BITS_MAX 16u
#define ASIDS_MAX     (1u << ASID_BITS_MAX)

struct asid_cpu {
    uint64_t active;   /* what the CPU runs with; 0 when a generation has ended since it was set */
    uint64_t kept;     /* what it ran with then */
    bool flush_wanted; /* its TLB may hold numbers of an old generation */
} __aligned(64);

extern struct asid_cpu asid_cpus[CPUS_MAX];
extern uint64_t asid_generation;

/* Tries to make a space's number that of this CPU, which has this index. Expects interrupts off. Without the lock of the numbers as long as
 * the generation lasts: when it ends in between, `active` is not what it was. Where numbers do not suffice there
 * never is an active one. */
static __always_inline bool asid_try(unsigned index, const uint64_t *asid, unsigned *number)
{
    struct asid_cpu *cpu = &asid_cpus[index];
    uint64_t active = __atomic_load_n(&cpu->active, __ATOMIC_ACQUIRE);
    uint64_t mine = __atomic_load_n(asid, __ATOMIC_RELAXED);

    if (unlikely(active == 0 ||
                 mine >> ASID_BITS_MAX != __atomic_load_n(&asid_generation, __ATOMIC_RELAXED))) {
        return false;
    }
    *number = mine & (ASIDS_MAX - 1);
    return likely(arch_compare_swap((uintptr_t *)&cpu->active, active, mine) == active);
}

/* As aspace_load() on the CPU with that index, which is this one, or false: then that is to be called, whatever this
 * has done. Interrupts off. */
static __always_inline bool aspace_load_quick(unsigned cpu, struct aspace *before,
                                              struct aspace *as)
{
    struct aspace_head *from = (struct aspace_head *)before, *to = (struct aspace_head *)as;
    unsigned number = 0;

    if (unlikely(!from || !to)) {
        return false;
    }
    if (!ARCH_TLB_BROADCASTS) {
        __atomic_fetch_or(&to->tlb.running, cpumask_of(cpu), __ATOMIC_SEQ_CST);
    }
    if (!arch_asids_are_off() && unlikely(!asid_try(cpu, &to->tlb.asid, &number))) {
        return false;
    }
    if (!ARCH_TLB_BROADCASTS &&
        unlikely((__atomic_load_n(&to->tlb.stale, __ATOMIC_SEQ_CST) & cpumask_of(cpu)) != 0)) {
        return false;
    }
    arch_mmu_switch_user_quick(to->root, number);
    if (!ARCH_TLB_BROADCASTS) {
        __atomic_fetch_and(&from->tlb.running, ~cpumask_of(cpu), __ATOMIC_RELEASE);
    }
    return true;
}

#endif
