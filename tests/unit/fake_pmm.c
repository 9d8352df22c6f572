/* SPDX-License-Identifier: MIT */
/* A page allocator for host tests: one flag a page, first fit, everything checked. */
#include "fake_pmm.h"

#include <arch/layout.h>
#include <assert.h>
#include <keel/heap.h>
#include <keel/numa.h>
#include <keel/pmm.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#define NODE_PAGES (FAKE_PMM_PAGES / 2)

char *fake_ram;
unsigned fake_node;
_Thread_local unsigned fake_cpu;
_Thread_local struct thread_head *fake_current;

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static bool taken[FAKE_PMM_PAGES];
static size_t used, limit;
static long heap_account;

void fake_pmm_init(void)
{
    if (!fake_ram) {
        fake_ram = aligned_alloc(4u << 20, (size_t)FAKE_PMM_PAGES * PAGE_SIZE);
    }
    memset(fake_ram, 0xe5, (size_t)FAKE_PMM_PAGES * PAGE_SIZE);
    memset(taken, 0, sizeof(taken));
    used = 0;
    heap_account = 0;
    limit = FAKE_PMM_PAGES;
}

size_t fake_pmm_used(void)
{
    assert(heap_account == (long)used);
    return used;
}

void fake_pmm_limit(size_t pages)
{
    limit = pages;
}

bool fake_pmm_is_free(const void *page)
{
    return !taken[arch_virt_to_phys(page) / PAGE_SIZE];
}

/* The first page in [at, at + count) that is taken, or at + count. */
static size_t next_taken(size_t at, size_t count)
{
    size_t i = at;

    while (i < at + count && !taken[i]) {
        i++;
    }
    return i;
}

static size_t find_run(size_t from, size_t to, size_t count, size_t step)
{
    for (size_t at = (from + step - 1) / step * step; at + count <= to; at += step) {
        if (at != 0 && next_taken(at, count) == at + count) {
            return at;
        }
    }
    return 0;
}

phys_addr_t pmm_alloc_contiguous(size_t count, uint32_t flags, unsigned align_log2)
{
    bool bound = (flags & PMM_NODE(0)) != 0;
    size_t node = flags >> 8;
    size_t first = 0;

    assert(align_log2 >= PAGE_SHIFT && count != 0);
    if (alloc_should_fail()) {
        return 0;
    }
    pthread_mutex_lock(&lock);
    if (count <= limit && used <= limit - count) {
        first = find_run(bound ? node * NODE_PAGES : 0,
                         bound ? (node + 1) * NODE_PAGES : FAKE_PMM_PAGES, count,
                         1u << (align_log2 - PAGE_SHIFT));
    }
    if (first != 0) {
        memset(&taken[first], true, count);
        used += count;
    }
    pthread_mutex_unlock(&lock);
    return first * PAGE_SIZE;
}

void pmm_free_contiguous(phys_addr_t first, size_t count)
{
    size_t page = first / PAGE_SIZE;

    pthread_mutex_lock(&lock);
    assert(first % PAGE_SIZE == 0 && page + count <= FAKE_PMM_PAGES);
    for (size_t i = page; i < page + count; i++) {
        assert(taken[i]);
        taken[i] = false;
    }
    used -= count;
    memset(fake_ram + first, 0xe5, count * PAGE_SIZE);
    pthread_mutex_unlock(&lock);
}

phys_addr_t pmm_alloc_page(uint32_t flags)
{
    return pmm_alloc_contiguous(1, flags, PAGE_SHIFT);
}

void pmm_free_page(phys_addr_t page)
{
    pmm_free_contiguous(page, 1);
}

void pmm_account(enum pmm_use use, ssize_t pages)
{
    assert(use == PMM_USE_HEAP);
    pthread_mutex_lock(&lock);
    heap_account += pages;
    pthread_mutex_unlock(&lock);
}

unsigned numa_nodes(void)
{
    return 2;
}

unsigned numa_node_here(void)
{
    return fake_node;
}

unsigned numa_by_distance(unsigned node, unsigned rank)
{
    return node ^ rank;
}
