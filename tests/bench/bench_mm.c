/* SPDX-License-Identifier: MIT */
/* What page frames cost, with RAM empty, a tenth and nine tenths in use. */
#include "bench_mm.h"

#include <arch/layout.h>
#include <keel/bench.h>
#include <keel/page.h>
#include <keel/pmm.h>

#define BLOCK_LOG2   21
#define BLOCK_FRAMES 512u
#define EVERY        50u /* every 50th frame of a block in use is free, so that no chunk is full */
#define USED_OF_100  98u /* what that leaves in use of a block, in per cent */
#define SPARE        2u /* blocks that are left for what is measured, however little RAM there is */

/* Blocks in use, the last taken first; each names the one before in the record of its first page. */
static phys_addr_t last_block;
static uint64_t blocks;

static void take_block(void)
{
    phys_addr_t block = pmm_alloc_contiguous(BLOCK_FRAMES, PMM_ANY, BLOCK_LOG2);

    if (block == 0) {
        return;
    }
    page_of(block)->owner = last_block;
    last_block = block;
    blocks++;
    for (unsigned i = EVERY; i < BLOCK_FRAMES; i += EVERY) {
        pmm_free_page(block + i * PAGE_SIZE);
    }
}

static void give_block(void)
{
    phys_addr_t block = last_block;

    last_block = page_of(block)->owner;
    blocks--;
    pmm_free_contiguous(block, EVERY);
    for (unsigned i = EVERY + 1; i < BLOCK_FRAMES; i += EVERY) {
        pmm_free_contiguous(block + i * PAGE_SIZE, MIN(EVERY - 1, BLOCK_FRAMES - i));
    }
}

/* How many blocks there can be, those in use included. */
static uint64_t blocks_possible(void)
{
    struct pmm_arena_stats arena;
    uint64_t sum = blocks;

    for (unsigned i = 0; pmm_arena_stats(i, &arena); i++) {
        sum += arena.whole;
    }
    return sum > SPARE ? sum - SPARE : 0;
}

/* Brings the use of RAM to so many per cent. */
static void fill_to(unsigned percent)
{
    struct pmm_stats stats;
    uint64_t target;

    pmm_get_stats(&stats);
    target = MIN(stats.total / BLOCK_FRAMES * percent / USED_OF_100, blocks_possible());
    while (blocks > target) {
        give_block();
    }
    for (uint64_t i = blocks; i < target; i++) {
        take_block();
    }
}

void bench_mm_release(void)
{
    while (blocks > 0) {
        give_block();
    }
}

static void fill_90(void)
{
    fill_to(90);
}

static void fill_10(void)
{
    fill_to(10);
}

static void empty(void)
{
    fill_to(0);
}

static void page(void)
{
    pmm_free_page(pmm_alloc_page(PMM_ANY));
}

static void contig_2m(void)
{
    pmm_free_contiguous(pmm_alloc_contiguous(BLOCK_FRAMES, PMM_ANY, BLOCK_LOG2), BLOCK_FRAMES);
}

#define ROW(ident, row, setup_fn, what) \
    BENCH(ident, row, setup_fn)         \
    {                                   \
        what();                         \
    }

ROW(page_full90, "pmm.page.full90", fill_90, page)
ROW(contig_2m_full90, "pmm.contig.2m.full90", fill_90, contig_2m)
ROW(page_full10, "pmm.page.full10", fill_10, page)
ROW(contig_2m_full10, "pmm.contig.2m.full10", fill_10, contig_2m)
ROW(page, "pmm.page", empty, page)
ROW(contig_2m, "pmm.contig.2m", empty, contig_2m)

/* A CPU moves on from word to word and from chunk to chunk. */
BENCH(pages_1000, "pmm.page.1000", empty)
{
    static phys_addr_t pages[1000];
    size_t got = pmm_alloc_pages(pages, ARRAY_SIZE(pages), PMM_ANY);

    pmm_free_pages(pages, got);
}

BENCH(page_zero, "pmm.page.zero", empty)
{
    pmm_free_page(pmm_alloc_page(PMM_ZERO));
}

BENCH(contig_4, "pmm.contig.16k", empty)
{
    pmm_free_contiguous(pmm_alloc_contiguous(4, PMM_ANY, PAGE_SHIFT + 2), 4);
}
