/* SPDX-License-Identifier: MIT */
/* Page frames on the machine: what is handed out is RAM, ours alone, where it was asked for. */
#include <arch/layout.h>
#include <arch/uaccess.h>
#include <keel/errno.h>
#include <keel/ktest.h>
#include <keel/memmap.h>
#include <keel/numa.h>
#include <keel/page.h>
#include <keel/percpu.h>
#include <keel/pmm.h>
#include <keel/vm.h>
#include <keel/vmo.h>

#define PAGES        700u
#define BLOCK_FRAMES 512u
#define BLOCK_LOG2   21
#define LOW_END      (1ull << 32)

static phys_addr_t pages[PAGES];

static uint64_t frames_free(void)
{
    struct pmm_stats stats;

    pmm_get_stats(&stats);
    return stats.free;
}

/* Brings records and bitmaps into being that later allocations would, so that counts compare. */
static void warm_up(void)
{
    size_t got = pmm_alloc_pages(pages, PAGES, PMM_ANY);

    pmm_free_pages(pages, got);
    pmm_free_contiguous(pmm_alloc_contiguous(BLOCK_FRAMES, PMM_ANY, BLOCK_LOG2), BLOCK_FRAMES);
}

static volatile uint64_t *words_of(phys_addr_t page)
{
    return (volatile uint64_t *)phys_to_virt(page);
}

KTEST(cpu_index_is_kept_by_traps)
{
    uint64_t value;

    KTEST_EXPECT(cpu_index() == 0);
    KTEST_EXPECT(arch_read_nofault(0, sizeof(value), &value) < 0);
    KTEST_EXPECT(cpu_index() == 0);
}

KTEST(pmm_pages_are_ram_and_differ)
{
    uint64_t before;

    warm_up();
    before = frames_free();
    for (unsigned i = 0; i < PAGES; i++) {
        pages[i] = pmm_alloc_page(PMM_ANY);
        KTEST_REQUIRE(pages[i] != 0 && IS_ALIGNED(pages[i], PAGE_SIZE));
        KTEST_REQUIRE(memmap_is_ram(pages[i], PAGE_SIZE));
        words_of(pages[i])[0] = i;
    }
    for (unsigned i = 0; i < PAGES; i++) {
        KTEST_EXPECT(words_of(pages[i])[0] == i);
    }
    KTEST_EXPECT(frames_free() == before - PAGES);
    for (unsigned i = 0; i < PAGES; i++) {
        pmm_free_page(pages[i]);
    }
    KTEST_EXPECT(frames_free() == before);
}

KTEST(pmm_never_hands_out_what_is_reserved)
{
    size_t got = pmm_alloc_pages(pages, PAGES, PMM_BELOW_4G);
    phys_addr_t base;
    uint64_t size;
    const char *why;
    bool nomap;

    for (unsigned i = 0; memmap_reservation(i, &base, &size, &why, &nomap); i++) {
        for (size_t p = 0; p < got; p++) {
            KTEST_EXPECT(pages[p] - base >= size);
        }
    }
    pmm_free_pages(pages, got);
}

KTEST(pmm_zero_clears_dirty_pages)
{
    for (unsigned i = 0; i < 3; i++) {
        phys_addr_t page = pmm_alloc_page(PMM_ZERO);
        volatile uint64_t *words = words_of(page);

        KTEST_REQUIRE(page != 0);
        for (unsigned w = 0; w < PAGE_SIZE / sizeof(*words); w++) {
            KTEST_EXPECT(words[w] == 0);
            words[w] = UINT64_MAX;
        }
        pmm_free_page(page);
    }
}

KTEST(pmm_runs_are_aligned_and_whole)
{
    for (unsigned order = 0; order <= 10; order++) {
        size_t count = (1ul << order) + order;
        phys_addr_t run = pmm_alloc_contiguous(count, PMM_ANY, PAGE_SHIFT + order);

        KTEST_REQUIRE(run != 0);
        KTEST_EXPECT(IS_ALIGNED(run, PAGE_SIZE << order));
        KTEST_EXPECT(memmap_is_ram(run, count << PAGE_SHIFT));
        words_of(run)[0] = 1;
        words_of(run + ((count - 1) << PAGE_SHIFT))[0] = 2;
        pmm_free_contiguous(run, count);
    }
    KTEST_EXPECT(pmm_alloc_contiguous(SIZE_MAX / 2, PMM_ANY, 12) == 0);
}

KTEST(pmm_finds_memory_below_4g)
{
    for (unsigned i = 0; i < 100; i++) {
        pages[i] = pmm_alloc_page(PMM_BELOW_4G);
        KTEST_EXPECT(pages[i] != 0 && pages[i] < LOW_END);
    }
    pmm_free_pages(pages, 100);
}

/* Links all of the machine's 2 MiB blocks by the record of their first page. */
static phys_addr_t take_all_blocks(uint64_t *count)
{
    phys_addr_t last = 0, block;

    while ((block = pmm_alloc_contiguous(BLOCK_FRAMES, PMM_ANY, BLOCK_LOG2)) != 0) {
        words_of(block)[0] = last;
        last = block;
        ++*count;
    }
    return last;
}

static phys_addr_t take_all_pages(uint64_t *count)
{
    phys_addr_t last = 0, page;

    while ((page = pmm_alloc_page(PMM_ANY)) != 0) {
        words_of(page)[0] = last;
        last = page;
        ++*count;
    }
    return last;
}

/* All of it can be had, and is back afterwards; what is left out is records of pages. */
KTEST(pmm_gives_the_last_frame)
{
    uint64_t blocks = 0, singles = 0, before, after;
    phys_addr_t block, page;

    warm_up();
    before = frames_free();
    block = take_all_blocks(&blocks);
    page = take_all_pages(&singles);
    KTEST_EXPECT(frames_free() == 0);
    KTEST_EXPECT(pmm_alloc_page(PMM_ZERO) == 0);
    KTEST_EXPECT(pmm_alloc_contiguous(2, PMM_ANY, 12) == 0);
    KTEST_EXPECT(blocks * BLOCK_FRAMES + singles <= before);
    KTEST_EXPECT(blocks * BLOCK_FRAMES + singles >= before - before / 128 - 4);
    while (page != 0) {
        phys_addr_t next = words_of(page)[0];

        pmm_free_page(page);
        page = next;
    }
    while (block != 0) {
        phys_addr_t next = words_of(block)[0];

        pmm_free_contiguous(block, BLOCK_FRAMES);
        block = next;
    }
    after = frames_free();
    KTEST_EXPECT(after == blocks * BLOCK_FRAMES + singles);
}

KTEST(pmm_refuses_bad_frees)
{
    struct pmm_stats before, after;
    phys_addr_t page = pmm_alloc_page(PMM_ANY);

    if (IS_ENABLED(CONFIG_DEBUG)) {
        pmm_free_page(page); /* a second time would end the test */
        return;
    }
    pmm_get_stats(&before);
    pmm_free_page(page);
    pmm_free_page(page);
    pmm_free_page(image_phys);
    pmm_free_page(0);
    pmm_get_stats(&after);
    KTEST_EXPECT(after.bad_frees == before.bad_frees + 3);
    KTEST_EXPECT(after.free == before.free + 1);
}

/* What of RAM the memory map has not given away is the page allocator's, but for page 0. */
KTEST(mem_adds_up)
{
    struct pmm_stats stats;
    uint64_t used = 0;

    pmm_get_uses(&stats);
    KTEST_EXPECT(stats.total << PAGE_SHIFT == memmap_free_bytes());
    for (unsigned use = 0; use < PMM_USES; use++) {
        KTEST_EXPECT(stats.used[use] <= stats.total);
        used += stats.used[use];
    }
    KTEST_EXPECT(used + stats.free == stats.total);
    KTEST_EXPECT(stats.used[PMM_USE_HEAP] * PAGE_SIZE >= CONFIG_HEAP_INITIAL_KB * 1024ul);
    KTEST_EXPECT(stats.used[PMM_USE_RECORD] != 0);
}

KTEST(pmm_tells_uses_apart)
{
    struct pmm_stats before, during, after;
    struct vmo *vmo;

    warm_up();
    KTEST_REQUIRE(vmo_create(100 * PAGE_SIZE, 0, &vmo) == 0);
    KTEST_EXPECT(vmo_commit(vmo, 0, PAGE_SIZE) == 0);
    pmm_get_uses(&before);
    KTEST_EXPECT(vmo_commit(vmo, 0, 60 * PAGE_SIZE) == 0);
    pmm_get_uses(&during);
    KTEST_EXPECT(during.used[PMM_USE_VMO] == before.used[PMM_USE_VMO] + 59);
    KTEST_EXPECT(during.used[PMM_USE_KERNEL] == before.used[PMM_USE_KERNEL]);
    KTEST_EXPECT(during.used[PMM_USE_PAGE_TABLE] == before.used[PMM_USE_PAGE_TABLE]);
    vmo_unref(vmo);
    pmm_get_uses(&after);
    KTEST_EXPECT(after.used[PMM_USE_VMO] == before.used[PMM_USE_VMO] - 1);
    KTEST_EXPECT(after.used[PMM_USE_KERNEL] == before.used[PMM_USE_KERNEL]);
}

KTEST(memmap_ends_when_pmm_starts)
{
    KTEST_EXPECT(pmm_is_ready());
    KTEST_EXPECT(memmap_alloc(PAGE_SIZE, PAGE_SIZE, UINT64_MAX, "a test that must fail") == 0);
}

KTEST(page_counts_and_pins)
{
    phys_addr_t page = pmm_alloc_page(PMM_ANY);
    uint64_t before = frames_free();

    KTEST_REQUIRE(page != 0);
    page_ref(page);
    page_ref(page);
    KTEST_EXPECT(page_of(page)->refs == 2);
    KTEST_EXPECT(page_pin(page) == 0 && page_is_pinned(page));
    page_unpin(page);
    KTEST_EXPECT(!page_is_pinned(page));
    KTEST_EXPECT(!page_unref(page));
    KTEST_EXPECT(page_unref(page));
    KTEST_EXPECT(frames_free() == before + 1);
}

/* On machines with one node as well as with several. */
KTEST(numa_binding_gives_the_node)
{
    uint64_t total, free;

    for (unsigned node = 0; pmm_node_stats(node, &total, &free); node++) {
        KTEST_EXPECT(numa_distance(node, node) == NUMA_DISTANCE_LOCAL);
        KTEST_EXPECT(numa_set_policy(NUMA_BIND, node) == 0);
        for (unsigned i = 0; i < 100 && free > BLOCK_FRAMES; i++) {
            phys_addr_t page = pmm_alloc_page(PMM_ANY);

            KTEST_EXPECT(page != 0 && numa_node_of(page) == node);
            pmm_free_page(page);
        }
    }
    KTEST_EXPECT(numa_set_policy(NUMA_BIND, numa_nodes()) == -EINVAL);
    KTEST_EXPECT(numa_set_policy(NUMA_LOCAL, 0) == 0);
}

KTEST(numa_interleaving_is_even)
{
    unsigned counts[NUMA_NODES_MAX] = {0};

    KTEST_EXPECT(numa_set_policy(NUMA_INTERLEAVE, 0) == 0);
    for (unsigned i = 0; i < 60; i++) {
        pages[i] = pmm_alloc_page(PMM_ANY);
        KTEST_REQUIRE(pages[i] != 0);
        counts[numa_node_of(pages[i])]++;
    }
    pmm_free_pages(pages, 60);
    KTEST_EXPECT(numa_set_policy(NUMA_LOCAL, 0) == 0);
    for (unsigned node = 1; node < numa_nodes(); node++) {
        unsigned share = 60 / numa_nodes();

        /* Turns that pages for records of pages take are not counted. */
        KTEST_EXPECT(counts[node] == 0 || (counts[node] + 3 > share && counts[node] < share + 3));
    }
}

KTEST(numa_local_comes_first)
{
    phys_addr_t page = pmm_alloc_page(PMM_LOCAL);

    KTEST_EXPECT(page == 0 || numa_node_of(page) == numa_node_here());
    if (page != 0) {
        pmm_free_page(page);
    }
}
