/* SPDX-License-Identifier: MIT */
/* The mapping area: guards, reuse, rights, and code that is written and then run. */
#include <arch/layout.h>
#include <arch/uaccess.h>
#include <keel/errno.h>
#include <keel/kmap.h>
#include <keel/ktest.h>
#include <keel/pmm.h>
#include <keel/string.h>

#define PAGES      5u
#define CODE_BYTES 64u

static bool readable(virt_addr_t va)
{
    uint64_t byte;

    return arch_read_nofault(va, 1, &byte) == 0;
}

static bool writable(virt_addr_t va)
{
    return arch_write_nofault(va, 1, 0) == 0;
}

static bool take_pages(phys_addr_t *pages, size_t count)
{
    return pmm_alloc_pages(pages, count, PMM_ZERO) == count;
}

KTEST(kmap_ranges_have_guards_on_both_sides)
{
    phys_addr_t pages[PAGES];
    virt_addr_t va = kmap_alloc(PAGES), start;
    size_t count;

    KTEST_REQUIRE(va != 0 && take_pages(pages, PAGES));
    KTEST_EXPECT(!readable(va));
    KTEST_EXPECT(kmap_map_pages(va, pages, PAGES, VM_READ | VM_WRITE) == 0);
    for (unsigned i = 0; i < PAGES; i++) {
        *(volatile uint32_t *)(va + i * PAGE_SIZE) = i;
        KTEST_EXPECT(*(volatile uint32_t *)arch_phys_to_virt(pages[i]) == i);
    }
    KTEST_EXPECT(!readable(va - 1) && readable(va) && readable(va + PAGES * PAGE_SIZE - 1));
    KTEST_EXPECT(!readable(va + PAGES * PAGE_SIZE));
    KTEST_EXPECT(kmap_find(va + PAGE_SIZE, &start, &count) == 0 && start == va && count == PAGES);
    kmap_free(va);
    KTEST_EXPECT(!readable(va) && !readable(va + PAGE_SIZE));
    pmm_free_pages(pages, PAGES);
}

KTEST(kmap_addresses_are_used_again)
{
    virt_addr_t first = kmap_alloc(300), again;

    KTEST_REQUIRE(first != 0);
    kmap_free(first);
    for (unsigned i = 0; i < 1000; i++) {
        again = kmap_alloc(300);
        KTEST_EXPECT(again == first);
        kmap_free(again);
    }
}

KTEST(kmap_starts_where_it_is_told)
{
    virt_addr_t va = kmap_alloc_aligned(3, 21, 0x5000);

    KTEST_EXPECT(va % (2ul << 20) == 0x5000);
    kmap_free(va);
    KTEST_EXPECT(kmap_alloc(0) == 0);
    KTEST_EXPECT(kmap_alloc(SIZE_MAX) == 0);
    KTEST_EXPECT(kmap_alloc_aligned(1, 12, 5) == 0);
}

KTEST(kmap_refuses_what_is_not_its_own)
{
    virt_addr_t va = kmap_alloc(2);
    phys_addr_t page = pmm_alloc_page(PMM_ZERO);

    KTEST_REQUIRE(va != 0 && page != 0);
    KTEST_EXPECT(kmap_map(va, page, 1, VM_READ | VM_WRITE | VM_EXEC) == -EACCES);
    KTEST_EXPECT(kmap_map(va + 2 * PAGE_SIZE, page, 1, VM_READ) == -EINVAL); /* the guard */
    KTEST_EXPECT(kmap_map(va + PAGE_SIZE, page, 2, VM_READ) == -EINVAL);
    KTEST_EXPECT(kmap_map(va + 1, page, 1, VM_READ) == -EINVAL);
    KTEST_EXPECT(kmap_map(image_virt, page, 1, VM_READ) == -EINVAL);
    KTEST_EXPECT(kmap_map(va, page, 1, VM_READ) == 0);
    KTEST_EXPECT(kmap_map(va, page, 1, VM_READ) == -EEXIST);
    KTEST_EXPECT(readable(va) && !writable(va));
    KTEST_EXPECT(kmap_protect(va, 1, VM_READ | VM_WRITE) == 0 && writable(va));
    kmap_free(va);
    pmm_free_page(page);
}

typedef int code_fn(int x);

static __noinline int add_seven(int x)
{
    return x + 7;
}

static __noinline int triple(int x)
{
    return x * 3;
}

/* Writes code, makes it executable, runs it: fetches see what the stores left. */
static int run_copy(virt_addr_t va, code_fn *function, int x)
{
    volatile bool refused;

    KTEST_EXPECT(kmap_protect(va, 1, VM_READ | VM_WRITE) == 0);
    memcpy((void *)va, (const void *)function, CODE_BYTES);
    KTEST_EXPECT(kmap_protect(va, 1, VM_READ | VM_EXEC) == 0);
    refused = !writable(va);
    KTEST_EXPECT(refused);
    return ((code_fn *)va)(x);
}

KTEST(kmap_code_runs_as_it_was_written)
{
    virt_addr_t va = kmap_alloc(1);
    phys_addr_t page = pmm_alloc_page(PMM_ZERO);

    KTEST_REQUIRE(va != 0 && page != 0 && kmap_map(va, page, 1, VM_READ | VM_WRITE) == 0);
    for (int i = 0; i < 10; i++) {
        KTEST_EXPECT(run_copy(va, add_seven, i) == i + 7);
        KTEST_EXPECT(run_copy(va, triple, i) == 3 * i);
    }
    kmap_free(va);
    pmm_free_page(page);
}
