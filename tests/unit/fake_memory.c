/* SPDX-License-Identifier: MIT */
/* Pages and heap for host tests. Page 0 is never handed out. */
#include "fake_memory.h"

#include <arch/layout.h>
#include <assert.h>
#include <keel/errno.h>
#include <keel/heap.h>
#include <keel/page.h>
#include <keel/pmm.h>
#include <keel/vm.h>
#include <stdlib.h>
#include <string.h>

#define POISON 0xa5

char *fake_ram;

static struct page records[FAKE_PAGES];
static bool taken[FAKE_PAGES];
static size_t pages_used, blocks_used;
static unsigned fail_in;
static bool failed;

static struct objcache {
    size_t size;
} caches[8];
static size_t cache_count;

void fake_memory_init(void)
{
    if (!fake_ram) {
        fake_ram = aligned_alloc(2u << 20, (size_t)FAKE_PAGES * PAGE_SIZE);
    }
    memset(records, 0, sizeof(records));
    memset(taken, 0, sizeof(taken));
    pages_used = blocks_used = cache_count = 0;
    fake_fail_nth(0);
}

size_t fake_pages_used(void)
{
    return pages_used;
}

size_t fake_blocks_used(void)
{
    return blocks_used;
}

void fake_fail_nth(unsigned n)
{
    fail_in = n;
    failed = false;
}

bool fake_failed(void)
{
    return failed;
}

static bool fails_now(void)
{
    if (fail_in != 0 && --fail_in == 0) {
        failed = true;
        return true;
    }
    return false;
}

/* The zero page of memory objects lies in the test program, beyond the fake RAM: it is reached by distance
 * from there. */
phys_addr_t virt_to_phys(const void *va)
{
    return (phys_addr_t)((const char *)va - fake_ram);
}

void *phys_to_virt(phys_addr_t pa)
{
    return fake_ram + pa;
}

static bool is_free(size_t first, size_t count)
{
    for (size_t i = first; i < first + count; i++) {
        if (taken[i]) {
            return false;
        }
    }
    return true;
}

phys_addr_t pmm_alloc_contiguous(size_t count, uint32_t flags, unsigned align_log2)
{
    size_t step = align_log2 > PAGE_SHIFT ? 1ul << (align_log2 - PAGE_SHIFT) : 1;

    if (fails_now()) {
        return 0;
    }
    for (size_t first = step; first + count <= FAKE_PAGES; first += step) {
        if (is_free(first, count)) {
            memset(&taken[first], true, count);
            memset(&records[first], 0, count * sizeof(records[0]));
            memset(fake_ram + first * PAGE_SIZE, flags & PMM_ZERO ? 0 : POISON, count * PAGE_SIZE);
            pages_used += count;
            return first * PAGE_SIZE;
        }
    }
    return 0;
}

void pmm_free_contiguous(phys_addr_t first, size_t count)
{
    for (size_t i = first / PAGE_SIZE; i < first / PAGE_SIZE + count; i++) {
        assert(i < FAKE_PAGES && taken[i] && records[i].refs == 0 && records[i].pins == 0);
        taken[i] = false;
        memset(fake_ram + i * PAGE_SIZE, POISON, PAGE_SIZE);
        pages_used--;
    }
}

phys_addr_t pmm_alloc_page(uint32_t flags)
{
    return pmm_alloc_contiguous(1, flags, PAGE_SHIFT);
}

void pmm_free_page(phys_addr_t page)
{
    pmm_free_contiguous(page, 1);
}

struct page *page_of(phys_addr_t pa)
{
    assert(pa / PAGE_SIZE < FAKE_PAGES && taken[pa / PAGE_SIZE]);
    return &records[pa / PAGE_SIZE];
}

void page_ref(phys_addr_t pa)
{
    page_of(pa)->refs++;
}

void page_first_ref(phys_addr_t pa)
{
    assert(page_of(pa)->refs == 0);
    page_ref(pa);
}

bool page_unref(phys_addr_t pa)
{
    assert(page_of(pa)->refs > 0);
    if (--page_of(pa)->refs > 0) {
        return false;
    }
    pmm_free_page(pa);
    return true;
}

int page_pin(phys_addr_t pa)
{
    if (page_of(pa)->pins == UINT16_MAX) {
        return -EOVERFLOW;
    }
    page_of(pa)->pins++;
    return 0;
}

void page_unpin(phys_addr_t pa)
{
    assert(page_of(pa)->pins > 0);
    page_of(pa)->pins--;
}

bool page_is_pinned(phys_addr_t pa)
{
    return page_of(pa)->pins > 0;
}

void *kmalloc(size_t size)
{
    if (fails_now()) {
        return NULL;
    }
    blocks_used++;
    return malloc(size);
}

void *kzalloc(size_t size)
{
    void *block = kmalloc(size);

    return block ? memset(block, 0, size) : NULL;
}

void kfree(void *block)
{
    blocks_used -= block != NULL;
    free(block);
}

struct objcache *objcache_create(const char *name, size_t size, size_t align)
{
    assert(cache_count < sizeof(caches) / sizeof(caches[0]) && align <= 16);
    (void)name;
    caches[cache_count].size = size;
    return &caches[cache_count++];
}

void *objcache_alloc(struct objcache *cache)
{
    return kmalloc(cache->size);
}

void objcache_free(struct objcache *cache, void *object)
{
    (void)cache;
    kfree(object);
}
