/* SPDX-License-Identifier: MIT */
/* A console command of bench builds: how long it takes to forget pages one by one and to forget all, with
 * what it takes to find a working set again. Where both are even is what the ports' cut-over
 * (ARCH_TLB_PAGES_MAX) comes from. In host time, so of use without -icount alone. */
#include <arch/layout.h>
#include <arch/mmu.h>
#include <keel/clock.h>
#include <keel/command.h>
#include <keel/console.h>
#include <keel/errno.h>
#include <keel/kmap.h>
#include <keel/pmm.h>

#define WORKING_SET 256u /* pages in use beside those that are forgotten */
#define PAGES_MOST  512u
#define ROUNDS      50u
#define TRIES       8u

static void touch(virt_addr_t va, unsigned pages)
{
    for (unsigned i = 0; i < pages; i++) {
        (void)READ_ONCE(*(const uint8_t *)(va + i * PAGE_SIZE));
    }
}

/* Nanoseconds of one flush and the look-ups that follow it, of some rounds together. */
static uint64_t time_rounds(virt_addr_t va, unsigned pages, bool all)
{
    uint64_t start;

    touch(va, PAGES_MOST + WORKING_SET);
    start = clock_ns();
    for (unsigned round = 0; round < ROUNDS; round++) {
        if (all) {
            arch_tlb_flush_here();
        }
        for (unsigned i = 0; i < pages && !all; i++) {
            arch_tlb_flush_page(va + i * PAGE_SIZE);
        }
        touch(va, pages);
        touch(va + PAGES_MOST * PAGE_SIZE, WORKING_SET);
    }
    return (clock_ns() - start) / ROUNDS;
}

/* The best of several: others use the host too. */
static uint64_t time_flush(virt_addr_t va, unsigned pages, bool all)
{
    uint64_t best = UINT64_MAX;

    for (unsigned i = 0; i < TRIES; i++) {
        best = MIN(best, time_rounds(va, pages, all));
    }
    return best;
}

static void compare(virt_addr_t va)
{
    console_printf("all are forgotten beyond %u pages\n", ARCH_TLB_PAGES_MAX);
    for (unsigned pages = 1; pages <= PAGES_MOST; pages *= 2) {
        uint64_t single = time_flush(va, pages, false), all = time_flush(va, pages, true);

        console_printf("%4u pages: one by one %7llu ns, all %7llu ns\n", pages,
                       (unsigned long long)single, (unsigned long long)all);
    }
}

static int cmd_tlb(int argc, char **argv)
{
    virt_addr_t va = kmap_alloc(PAGES_MOST + WORKING_SET);
    phys_addr_t page = pmm_alloc_page(PMM_ZERO);
    int err = va != 0 && page != 0 ? 0 : -ENOMEM;

    for (unsigned i = 0; i < PAGES_MOST + WORKING_SET && err == 0; i++) {
        err = kmap_map(va + i * PAGE_SIZE, page, 1, VM_READ);
    }
    if (err == 0) {
        compare(va);
    }
    if (va != 0) {
        kmap_free(va);
    }
    if (page != 0) {
        pmm_free_page(page);
    }
    return err;
}

COMMAND(tlb, "", "time the forgetting of translations, one by one and all at once", cmd_tlb);
