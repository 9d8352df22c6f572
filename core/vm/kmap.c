/* SPDX-License-Identifier: MIT */
/* The mapping area: addresses to ranges, ranges to memory. Usable from kernel_main() on; until vm_init()
 * the tables of the boot are written. */
#include "kmap_ranges.h"

#include <arch/layout.h>
#include <keel/cache.h>
#include <keel/errno.h>
#include <keel/kasan.h>
#include <keel/kmap.h>
#include <keel/pagetable.h>
#include <keel/panic.h>
#include <keel/pmm.h>
#include <keel/spinlock.h>

#define FIRST_RECORDS 64u /* for what is mapped before there are pages for more */
#define STOCK_LOW     2u
#define CALLER        ((virt_addr_t)__builtin_return_address(0))

static struct spinlock lock; /* the ranges, and the kernel's tables */
static struct kmap_range first_records[FIRST_RECORDS];
static bool is_ready;

/* The area's first page guards the range behind it; each range brings the guard behind itself. */
static void set_up(void)
{
    kmap_ranges_feed(first_records, FIRST_RECORDS);
    kmap_ranges_init(KMAP_BASE + PAGE_SIZE, KMAP_SIZE / PAGE_SIZE - 1);
    is_ready = true;
}

/* Records for two more parts, if there is memory. */
static void fill_stock(void)
{
    phys_addr_t page;

    if (kmap_ranges_stock() >= STOCK_LOW || !pmm_is_ready()) {
        return;
    }
    page = pmm_alloc_page(PMM_ZERO);
    if (page != 0) {
        kmap_ranges_feed(arch_phys_to_virt(page), PAGE_SIZE / sizeof(struct kmap_range));
    }
}

static virt_addr_t take(size_t pages, unsigned align_log2, uint64_t skew, virt_addr_t who)
{
    uint64_t align = 1ull << MAX(align_log2, (unsigned)PAGE_SHIFT);
    struct kmap_range *range = NULL;
    unsigned long irq;

    if (pages == 0 || pages >= KMAP_SIZE / PAGE_SIZE || !IS_ALIGNED(skew, PAGE_SIZE)) {
        return 0;
    }
    irq = spin_lock(&lock);
    if (!is_ready) {
        set_up();
    }
    fill_stock();
    range = kmap_ranges_take(pages + 1, align, skew);
    if (range) {
        kasan_area_taken(range->start, pages * PAGE_SIZE, who);
    }
    spin_unlock(&lock, irq);
    return range ? range->start : 0;
}

virt_addr_t kmap_alloc_aligned(size_t pages, unsigned align_log2, uint64_t skew)
{
    return take(pages, align_log2, skew, CALLER);
}

virt_addr_t kmap_alloc(size_t pages)
{
    return take(pages, PAGE_SHIFT, 0, CALLER);
}

/* Whether [va, va + pages) lies in a range that is given out, its guard apart. */
static bool is_in_range(virt_addr_t va, size_t pages)
{
    const struct kmap_range *range = is_ready ? kmap_ranges_find(va) : NULL;
    size_t before;

    if (!range || !range->used || !IS_ALIGNED(va, PAGE_SIZE)) {
        return false;
    }
    before = (va - range->start) / PAGE_SIZE;
    return before < range->pages - 1 && pages <= range->pages - 1 - before;
}

static int check(virt_addr_t va, size_t pages, uint32_t flags)
{
    if ((flags & VM_WRITE) != 0 && (flags & VM_EXEC) != 0) {
        return -EACCES;
    }
    return pages != 0 && is_in_range(va, pages) ? 0 : -EINVAL;
}

static int enter(virt_addr_t va, phys_addr_t pa, uint64_t size, uint32_t flags)
{
    if (kernel_pt.root == 0) {
        return pt_map(kernel_root, va, pa, size, flags);
    }
    return pt_map_range(&kernel_pt, va, pa, size, flags);
}

static int map_shadow(virt_addr_t shadow, phys_addr_t page)
{
    return pt_map_page(&kernel_pt, shadow, page, VM_KERNEL_RW);
}

/* Lets accesses to what is about to be mapped in a range be checked (CONFIG_KASAN). */
static int watch(virt_addr_t va, size_t pages, uint32_t flags)
{
    const struct kmap_range *range = kmap_ranges_find(va);
    int err = 0;

    if (kernel_pt.root != 0 && (flags & VM_MEM_MASK) != VM_DEVICE) {
        err = kasan_area_watch(range->start, (range->pages - 1) * PAGE_SIZE, map_shadow);
    }
    if (err == 0) {
        kasan_unpoison((const void *)va, pages * PAGE_SIZE);
    }
    return err;
}

static void make_executable(virt_addr_t va, size_t pages, uint32_t flags)
{
    if ((flags & VM_EXEC) != 0) {
        cache_sync_code((const void *)va, pages * PAGE_SIZE);
    }
}

int kmap_map(virt_addr_t va, phys_addr_t pa, size_t pages, uint32_t flags)
{
    unsigned long irq = spin_lock(&lock);
    int err = check(va, pages, flags);

    if (err == 0) {
        err = watch(va, pages, flags);
    }
    if (err == 0) {
        err = enter(va, pa, pages * PAGE_SIZE, flags | VM_GLOBAL);
    }
    spin_unlock(&lock, irq);
    if (err == 0) {
        make_executable(va, pages, flags);
    }
    return err;
}

int kmap_map_pages(virt_addr_t va, const phys_addr_t *pages, size_t count, uint32_t flags)
{
    unsigned long irq = spin_lock(&lock);
    int err = check(va, count, flags);

    if (err == 0) {
        err = watch(va, count, flags);
    }
    for (size_t i = 0; err == 0 && i < count; i++) {
        err = enter(va + i * PAGE_SIZE, pages[i], PAGE_SIZE, flags | VM_GLOBAL);
        if (err != 0 && i > 0) {
            (void)pt_unmap_range(&kernel_pt, va, i * PAGE_SIZE);
        }
    }
    spin_unlock(&lock, irq);
    if (err == 0) {
        make_executable(va, count, flags);
    }
    return err;
}

int kmap_protect(virt_addr_t va, size_t pages, uint32_t flags)
{
    unsigned long irq = spin_lock(&lock);
    int err = check(va, pages, flags);

    if (err == 0) {
        err = pt_protect_range(&kernel_pt, va, pages * PAGE_SIZE, flags | VM_GLOBAL);
    }
    spin_unlock(&lock, irq);
    if (err == 0) {
        make_executable(va, pages, flags);
    }
    return err;
}

void kmap_free(virt_addr_t va)
{
    unsigned long irq = spin_lock(&lock);
    struct kmap_range *range = kmap_ranges_find(va);

    if (range && range->used && range->start == va) {
        kasan_area_given(va, (range->pages - 1) * PAGE_SIZE, CALLER);
        (void)pt_unmap_range(&kernel_pt, va, (range->pages - 1) * PAGE_SIZE);
        kmap_ranges_give(range);
    } else if (IS_ENABLED(CONFIG_DEBUG)) {
        panic("%#lx is given back to the mapping area, but no range starts there", va);
    }
    spin_unlock(&lock, irq);
}

int kmap_find(virt_addr_t va, virt_addr_t *start, size_t *pages)
{
    unsigned long irq = spin_lock(&lock);
    const struct kmap_range *range = is_ready ? kmap_ranges_find(va) : NULL;
    int err = range && range->used ? 0 : -ENOENT;

    if (err == 0) {
        *start = range->start;
        *pages = range->pages - 1;
    }
    spin_unlock(&lock, irq);
    return err;
}
