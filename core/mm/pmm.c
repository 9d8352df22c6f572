/* SPDX-License-Identifier: MIT */
/* Single pages: what is fast, and what everybody calls. */
#include "pmm_internal.h"

#include <keel/heap.h>
#include <keel/string.h>
#include <keel/vm.h>

#define CALLER ((virt_addr_t)__builtin_return_address(0))

/* The word that this CPU's normal requests are served from. */
static inline struct word **fast_slot(void)
{
    return &pmm_cpus[cpu_index()].slot[SLOT_ANY];
}

/* Whether every allocation goes the slow way, where it is recorded or made to fail. */
static inline bool all_are_watched(void)
{
    if (IS_ENABLED(CONFIG_FAULT_INJECT)) {
        return true;
    }
    return IS_ENABLED(CONFIG_DEBUG);
}

/* By policy, zone or node, from new chunks, with a record of the caller `who`. */
static __noinline phys_addr_t alloc_slow(uint32_t flags, virt_addr_t who)
{
    struct pmm_cpu *cpu = &pmm_cpus[cpu_index()];
    struct request want;
    unsigned slot;
    phys_addr_t pa;

    if (IS_ENABLED(CONFIG_FAULT_INJECT) && alloc_should_fail()) {
        return 0;
    }
    slot = pmm_request(cpu, flags, &want);
    pa = pmm_slot_alloc(cpu, slot, &want);
    if (pa != 0 && (flags & PMM_ZERO) != 0) {
        memset(arch_phys_to_virt(pa), 0, PAGE_SIZE);
    }
    if (IS_ENABLED(CONFIG_DEBUG) && pa != 0) {
        pmm_note_alloc(pa, 1, who);
    }
    return pa;
}

/* With flags, of which zeros are the frequent one. */
static __noinline phys_addr_t alloc_flagged(uint32_t flags, virt_addr_t who)
{
    phys_addr_t pa = flags == PMM_ZERO && !all_are_watched()
                         ? word_pop(__atomic_load_n(fast_slot(), __ATOMIC_ACQUIRE))
                         : 0;

    if (unlikely(pa == 0)) {
        return alloc_slow(flags, who);
    }
    memset(arch_phys_to_virt(pa), 0, PAGE_SIZE);
    return pa;
}

phys_addr_t pmm_alloc_page(uint32_t flags)
{
    struct word *word;
    uint64_t held;

    if (unlikely(flags != 0) || all_are_watched()) {
        return alloc_flagged(flags, CALLER);
    }
    word = __atomic_load_n(fast_slot(), __ATOMIC_ACQUIRE);
    held = arch_take_lowest_bit(&word->held);
    if (unlikely(held == 0)) {
        return alloc_slow(flags, CALLER);
    }
    return word->base + ((phys_addr_t)bits_lowest(held) << PAGE_SHIFT);
}

/* Frees what does not belong into this CPU's word, or should be looked at. */
static __noinline void free_slow(phys_addr_t page, virt_addr_t who)
{
    if (IS_ENABLED(CONFIG_DEBUG)) {
        pmm_note_free(page, 1, who);
    }
    pmm_free_run(page, 1);
}

/*
 * A page of this CPU's word goes back there. The second look at the slot is for who was interrupted or
 * moved in between: the CPU may have left the word, and our page must not be held for nobody.
 */
void pmm_free_page(phys_addr_t page)
{
    struct word **slot = fast_slot();
    struct word *word = __atomic_load_n(slot, __ATOMIC_ACQUIRE);
    uint64_t frame = ror64(page - word->base, PAGE_SHIFT);
    uint64_t mask = BIT(frame % WORD_FRAMES);
    uint64_t not_out = __atomic_load_n(&word->free, __ATOMIC_RELAXED) | word->foreign;

    if (unlikely(frame >= WORD_FRAMES) || unlikely((not_out & mask) != 0) ||
        IS_ENABLED(CONFIG_DEBUG) || unlikely((arch_set_bits(&word->held, mask) & mask) != 0)) {
        free_slow(page, CALLER);
    } else if (unlikely(__atomic_load_n(slot, __ATOMIC_SEQ_CST) != word)) {
        pmm_release_held(word);
    }
}

/* Pops up to `count` frames of a word at once. */
static size_t pop_many(struct word *word, phys_addr_t *out, size_t count)
{
    uint64_t held = __atomic_load_n(&word->held, __ATOMIC_RELAXED);
    size_t got = 0;
    uint64_t bits;

    do {
        bits = lowest_bits(held, (unsigned)MIN(count, (size_t)WORD_FRAMES));
    } while (bits != 0 && !__atomic_compare_exchange_n(&word->held, &held, held & ~bits, true,
                                                       __ATOMIC_ACQUIRE, __ATOMIC_RELAXED));
    for (; bits != 0; bits &= bits - 1) {
        out[got++] = word->base + ((phys_addr_t)bits_lowest(bits) << PAGE_SHIFT);
    }
    return got;
}

size_t pmm_alloc_pages(phys_addr_t *out, size_t count, uint32_t flags)
{
    size_t got = 0;

    while (got < count) {
        size_t n = 0;

        if (flags == 0 && !all_are_watched()) {
            n = pop_many(__atomic_load_n(fast_slot(), __ATOMIC_ACQUIRE), out + got, count - got);
        }
        if (n == 0) {
            out[got] = pmm_alloc_page(flags);
            n = out[got] != 0;
        }
        if (n == 0) {
            break;
        }
        got += n;
    }
    return got;
}

/* How many pages from the first on lie in a row. */
static size_t row_length(const phys_addr_t *pages, size_t count)
{
    size_t n = 1;

    while (n < count && pages[n] == pages[n - 1] + PAGE_SIZE) {
        n++;
    }
    return n;
}

void pmm_free_pages(const phys_addr_t *pages, size_t count)
{
    while (count > 0) {
        size_t n = row_length(pages, count);

        if (n == 1) {
            pmm_free_page(pages[0]);
        } else {
            pmm_free_contiguous(pages[0], n);
        }
        pages += n;
        count -= n;
    }
}
