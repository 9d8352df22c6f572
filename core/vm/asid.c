/* SPDX-License-Identifier: MIT */
/* Address-space numbers of the TLB: handed out as spaces are switched to, all taken back at once when
 * they run out. A space keeps its number as long as the generation it was given in lasts; one that runs
 * when a generation ends keeps it over the end. */
#include "tlb.h"

#include <arch/mmu.h>
#include <keel/bitmap.h>
#include <keel/percpu.h>
#include <keel/spinlock.h>

#define ASID_BITS_MAX 16u
#define ASIDS_MAX     (1u << ASID_BITS_MAX)

/* A space's `asid` is generation << ASID_BITS_MAX | number; generation 0 is no number yet. Number 0
 * is for no space at all. */
static struct spinlock lock;
static uint64_t generation = 1; /* changed with the lock held, as all below but `active` */
static unsigned next = 1;
static uint64_t used[ASIDS_MAX / 64];

static struct {
    uint64_t active;   /* what the CPU runs with; 0 when a generation has ended since it was set */
    uint64_t kept;     /* what it ran with then */
    bool flush_wanted; /* its TLB may hold numbers of an old generation */
} __aligned(64) cpus[CPUS_MAX];

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
    __atomic_store_n(&generation, generation + 1, __ATOMIC_RELAXED);
    bitmap_clear(used, 0, ASIDS_MAX);
    for (unsigned cpu = 0; cpu < CPUS_MAX; cpu++) {
        uint64_t active = __atomic_exchange_n(&cpus[cpu].active, 0, __ATOMIC_SEQ_CST);

        if (active != 0) { /* else it runs with what it had at the end before this */
            cpus[cpu].kept = active;
        }
        if (cpus[cpu].kept != 0) {
            bitmap_set_bit(used, number_of(cpus[cpu].kept));
        }
        cpus[cpu].flush_wanted = true;
    }
    next = 1;
}

/* Whether the space has run on some CPU ever since it got its number: then it has it in this generation
 * too. All CPUs that kept it are told what it is called now. */
static bool is_kept(uint64_t old, uint64_t now)
{
    bool kept = false;

    for (unsigned cpu = 0; cpu < CPUS_MAX && old != 0; cpu++) {
        if (cpus[cpu].kept == old) {
            cpus[cpu].kept = now;
            kept = true;
        }
    }
    return kept;
}

static uint64_t new_number(uint64_t old)
{
    uint64_t now = generation << ASID_BITS_MAX | number_of(old);
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
    return generation << ASID_BITS_MAX | number;
}

static uint64_t get_slowly(unsigned cpu, uint64_t *asid, bool *flush)
{
    unsigned long irq = spin_lock(&lock);
    uint64_t mine = *asid;

    if (generation_of(mine) != generation) {
        mine = new_number(mine);
        __atomic_store_n(asid, mine, __ATOMIC_RELAXED);
    }
    *flush = cpus[cpu].flush_wanted;
    cpus[cpu].flush_wanted = false;
    __atomic_store_n(&cpus[cpu].active, mine, __ATOMIC_RELAXED);
    spin_unlock(&lock, irq);
    return mine;
}

/* Without the lock as long as the generation lasts: when it ends in between, `active` is not what it
 * was. */
unsigned asid_get(uint64_t *asid, bool *flush)
{
    unsigned cpu = cpu_index();
    uint64_t active, mine;

    *flush = false;
    /* Where numbers do not suffice there never is an active one, and the TLB is emptied at each switch. */
    active = __atomic_load_n(&cpus[cpu].active, __ATOMIC_ACQUIRE);
    mine = __atomic_load_n(asid, __ATOMIC_RELAXED);
    if (active == 0 || generation_of(mine) != __atomic_load_n(&generation, __ATOMIC_RELAXED) ||
        !__atomic_compare_exchange_n(&cpus[cpu].active, &active, mine, false, __ATOMIC_SEQ_CST,
                                     __ATOMIC_RELAXED)) {
        return numbers_suffice() ? number_of(get_slowly(cpu, asid, flush)) : 0;
    }
    return number_of(mine);
}
