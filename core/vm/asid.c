/* SPDX-License-Identifier: MIT */
/* Address-space numbers of the TLB: handed out as spaces are switched to, all taken back at once when
 * they run out. A space keeps its number as long as the generation it was given in lasts; one that runs
 * when a generation ends keeps it over the end. */
#include "tlb.h"

#include <arch/mmu.h>
#include <keel/bitmap.h>
#include <keel/percpu.h>
#include <keel/spinlock.h>

static struct spinlock lock;
uint64_t asid_generation = 1; /* changed with the lock held, as all below but `active` */
struct asid_cpu asid_cpus[CPUS_MAX];
static unsigned next = 1;
static uint64_t used[ASIDS_MAX / 64];

static unsigned asid_count(void)
{
    return 1u << MIN(arch_asid_bits(), ASID_BITS_MAX);
}

/* Each CPU may keep one over the end of a generation, and wants another then. */
static bool numbers_suffice(void)
{
    return asid_count() > CPUS_MAX + 1;
}

static unsigned number_of(uint64_t asid)
{
    return asid & (ASIDS_MAX - 1);
}

static uint64_t generation_of(uint64_t asid)
{
    return asid >> ASID_BITS_MAX;
}

/* Takes all numbers back but those that CPUs run with just now. A CPU that switches meanwhile finds its
 * `active` gone and comes to wait for the lock. */
static void new_generation(void)
{
    __atomic_store_n(&asid_generation, asid_generation + 1, __ATOMIC_RELAXED);
    bitmap_clear(used, 0, ASIDS_MAX);
    for (unsigned cpu = 0; cpu < CPUS_MAX; cpu++) {
        uint64_t active = __atomic_exchange_n(&asid_cpus[cpu].active, 0, __ATOMIC_SEQ_CST);

        if (active != 0) { /* else it runs with what it had at the end before this */
            asid_cpus[cpu].kept = active;
        }
        if (asid_cpus[cpu].kept != 0) {
            bitmap_set_bit(used, number_of(asid_cpus[cpu].kept));
        }
        asid_cpus[cpu].flush_wanted = true;
    }
    next = 1;
}

/* Whether the space has run on some CPU ever since it got its number: then it has it in this generation
 * too. All CPUs that kept it are told what it is called now. */
static bool is_kept(uint64_t old, uint64_t now)
{
    bool kept = false;

    for (unsigned cpu = 0; cpu < CPUS_MAX && old != 0; cpu++) {
        if (asid_cpus[cpu].kept == old) {
            asid_cpus[cpu].kept = now;
            kept = true;
        }
    }
    return kept;
}

static uint64_t new_number(uint64_t old)
{
    uint64_t now = asid_generation << ASID_BITS_MAX | number_of(old);
    unsigned count = asid_count();
    size_t number;

    if (is_kept(old, now)) {
        return now;
    }
    number = bitmap_find_next_zero(used, count, next);
    if (number >= count) {
        new_generation();
        number = bitmap_find_next_zero(used, count, next);
    }
    bitmap_set_bit(used, number);
    next = (unsigned)number + 1;
    return asid_generation << ASID_BITS_MAX | number;
}

unsigned asid_get_slowly(uint64_t *asid)
{
    unsigned cpu = cpu_index(), result;
    unsigned long irq;
    uint64_t mine;

    if (!numbers_suffice()) { /* the TLB is emptied at each switch */
        return 0;
    }
    irq = spin_lock(&lock);
    mine = *asid;
    if (generation_of(mine) != asid_generation) {
        mine = new_number(mine);
        __atomic_store_n(asid, mine, __ATOMIC_RELAXED);
    }
    result = number_of(mine) | (asid_cpus[cpu].flush_wanted ? ASID_FLUSH : 0);
    asid_cpus[cpu].flush_wanted = false;
    __atomic_store_n(&asid_cpus[cpu].active, mine, __ATOMIC_RELAXED);
    spin_unlock(&lock, irq);
    return result;
}
