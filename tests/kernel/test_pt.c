/* SPDX-License-Identifier: MIT */
/* Page tables in use by the CPU: what is mapped, changed, split and unmapped is what user addresses show,
 * and nothing of before stays in the TLB. */
#include "own_tables.h"

#include <arch/layout.h>
#include <arch/mmu.h>
#include <keel/errno.h>
#include <keel/ktest.h>
#include <keel/page.h>
#include <keel/pagetable.h>
#include <keel/pmm.h>
#include <keel/string.h>
#include <keel/uaccess.h>

#define VA      0x10000000ull
#define LARGE   (2ull << 20)
#define PAGES   (LARGE / PAGE_SIZE)
#define USER_RW (VM_READ | VM_WRITE | VM_USER)
#define USER_RO (VM_READ | VM_USER)

struct space {
    struct page_table pt;
    unsigned asid;
};

static int create(struct space *space, unsigned number)
{
    int err = pt_create(&space->pt, arch_pt_format(), &own_tables, &space->asid);

    space->asid = arch_asid_bits() != 0 ? number : 0;
    if (err == 0) {
        vm_share_kernel_half(space->pt.root);
    }
    return err;
}

static void run_in(struct space *space)
{
    arch_mmu_switch_user(space->pt.root, space->asid);
}

static void destroy(struct space *space)
{
    arch_mmu_no_user();
    pt_destroy(&space->pt);
}

static uint64_t read_user(virt_addr_t va)
{
    uint64_t value = 0;

    return user_copy_in(&value, user_pointer(va), sizeof(value)) == 0 ? value : UINT64_MAX;
}

static int write_user(virt_addr_t va, uint64_t value)
{
    return user_copy_out(user_pointer(va), &value, sizeof(value));
}

static uint64_t *word_of(phys_addr_t page)
{
    return arch_phys_to_virt(page);
}

/* --- Tests --- */

KTEST(pt_user_addresses_show_what_is_mapped)
{
    struct space space;
    phys_addr_t page = pmm_alloc_page(PMM_ZERO), other = pmm_alloc_page(PMM_ZERO);

    KTEST_REQUIRE(page != 0 && other != 0 && create(&space, 1) == 0);
    run_in(&space);
    KTEST_EXPECT(read_user(VA) == UINT64_MAX);
    KTEST_EXPECT(pt_map_page(&space.pt, VA, page, USER_RW) == 0);
    *word_of(page) = 42;
    KTEST_EXPECT(read_user(VA) == 42);
    KTEST_EXPECT(write_user(VA, 43) == 0 && *word_of(page) == 43);

    KTEST_EXPECT(pt_protect_range(&space.pt, VA, PAGE_SIZE, USER_RO) == 0);
    KTEST_EXPECT(write_user(VA, 44) == -EFAULT && *word_of(page) == 43);
    KTEST_EXPECT(read_user(VA) == 43);

    KTEST_EXPECT(pt_unmap_page(&space.pt, VA) == 0);
    KTEST_EXPECT(read_user(VA) == UINT64_MAX);
    *word_of(other) = 45;
    KTEST_EXPECT(pt_map_page(&space.pt, VA, other, USER_RO) == 0);
    KTEST_EXPECT(read_user(VA) == 45);
    destroy(&space);
    KTEST_EXPECT(read_user(VA) == UINT64_MAX);
    pmm_free_page(page);
    pmm_free_page(other);
}

KTEST(pt_spaces_do_not_see_each_other)
{
    struct space spaces[2];
    phys_addr_t pages[2];

    for (unsigned i = 0; i < 2; i++) {
        pages[i] = pmm_alloc_page(PMM_ZERO);
        KTEST_REQUIRE(pages[i] != 0 && create(&spaces[i], i + 1) == 0);
        *word_of(pages[i]) = 100 + i;
        KTEST_EXPECT(pt_map_page(&spaces[i].pt, VA, pages[i], USER_RW) == 0);
    }
    for (unsigned i = 0; i < 10; i++) {
        run_in(&spaces[i % 2]);
        KTEST_EXPECT(read_user(VA) == 100 + i % 2);
    }
    /* A page is taken from a space that does not run. */
    KTEST_EXPECT(pt_unmap_page(&spaces[0].pt, VA) == 0);
    KTEST_EXPECT(read_user(VA) == 101);
    run_in(&spaces[0]);
    KTEST_EXPECT(read_user(VA) == UINT64_MAX);
    for (unsigned i = 0; i < 2; i++) {
        destroy(&spaces[i]);
        pmm_free_page(pages[i]);
    }
}

/* Every page of the block shows its number. */
static bool is_numbered(virt_addr_t va)
{
    for (unsigned i = 0; i < PAGES; i++) {
        if (read_user(va + i * PAGE_SIZE) != i) {
            return false;
        }
    }
    return true;
}

static unsigned level_at(struct space *space, virt_addr_t va)
{
    struct pt_entry entry;

    return pt_query_entry(&space->pt, va, &entry) == 0 ? entry.level : PT_LEVELS_MAX;
}

KTEST(pt_large_pages_split_and_come_together_under_use)
{
    phys_addr_t block = pmm_alloc_contiguous(PAGES, PMM_ANY, 21);
    struct space space;

    KTEST_REQUIRE(block != 0 && create(&space, 1) == 0);
    for (unsigned i = 0; i < PAGES; i++) {
        *word_of(block + i * PAGE_SIZE) = i;
    }
    run_in(&space);
    KTEST_EXPECT(pt_map_range(&space.pt, VA, block, LARGE, USER_RW) == 0);
    KTEST_EXPECT(level_at(&space, VA) == 1 && is_numbered(VA));
    KTEST_EXPECT(pt_split_large_page(&space.pt, VA) == 0);
    KTEST_EXPECT(level_at(&space, VA) == 0 && is_numbered(VA));

    KTEST_EXPECT(pt_protect_range(&space.pt, VA, PAGE_SIZE, USER_RO) == 0);
    KTEST_EXPECT(write_user(VA, 0) == -EFAULT && write_user(VA + PAGE_SIZE, 1) == 0);
    KTEST_EXPECT(pt_protect_range(&space.pt, VA, LARGE, USER_RW) == 0);
    KTEST_EXPECT(level_at(&space, VA) == 1 && is_numbered(VA) && write_user(VA, 0) == 0);

    KTEST_EXPECT(pt_unmap_page(&space.pt, VA + 5 * PAGE_SIZE) == 0);
    KTEST_EXPECT(read_user(VA + 5 * PAGE_SIZE) == UINT64_MAX);
    KTEST_EXPECT(read_user(VA + 6 * PAGE_SIZE) == 6);
    KTEST_EXPECT(pt_map_page(&space.pt, VA + 5 * PAGE_SIZE, block + 5 * PAGE_SIZE, USER_RW) == 0);
    KTEST_EXPECT(level_at(&space, VA) == 1 && is_numbered(VA));
    destroy(&space);
    pmm_free_contiguous(block, PAGES);
}

/* The same addresses again and again for other memory: by single flushes, and by full ones. */
KTEST(pt_nothing_of_before_stays_in_the_tlb)
{
    static const unsigned counts[] = {1, 7, 40, 200, PAGES};
    phys_addr_t blocks[2];
    struct space space;

    KTEST_REQUIRE(create(&space, 1) == 0);
    for (unsigned i = 0; i < 2; i++) {
        blocks[i] = pmm_alloc_contiguous(PAGES, PMM_ANY, PAGE_SHIFT);
        KTEST_REQUIRE(blocks[i] != 0);
        for (unsigned page = 0; page < PAGES; page++) {
            *word_of(blocks[i] + page * PAGE_SIZE) = i * PAGES + page;
        }
    }
    run_in(&space);
    for (unsigned i = 0; i < 2 * ARRAY_SIZE(counts); i++) {
        uint64_t size = counts[i / 2] * PAGE_SIZE;
        virt_addr_t va = VA + LARGE - size / 2; /* over the end of a table */

        va = ALIGN_DOWN(va, PAGE_SIZE);
        KTEST_EXPECT(pt_map_range(&space.pt, va, blocks[i % 2], size, USER_RW) == 0);
        for (unsigned page = 0; page < counts[i / 2]; page++) {
            KTEST_EXPECT(read_user(va + page * PAGE_SIZE) == i % 2 * PAGES + page);
        }
        KTEST_EXPECT(pt_unmap_range(&space.pt, va, size) == 0);
        KTEST_EXPECT(read_user(va) == UINT64_MAX && read_user(va + size - PAGE_SIZE) == UINT64_MAX);
    }
    KTEST_EXPECT(space.pt.table_pages == 1);
    destroy(&space);
    pmm_free_contiguous(blocks[0], PAGES);
    pmm_free_contiguous(blocks[1], PAGES);
}

KTEST(pt_user_copies_stay_in_the_user_half)
{
    uint64_t value = 7;

    KTEST_EXPECT(user_copy_in(&value, user_pointer((virt_addr_t)&value), sizeof(value)) == -EFAULT);
    KTEST_EXPECT(user_copy_out(user_pointer((virt_addr_t)&value), &value, sizeof(value)) ==
                 -EFAULT);
    KTEST_EXPECT(user_copy_in(&value, user_pointer(USER_TOP), 1) == -EFAULT);
    KTEST_EXPECT(user_copy_in(&value, user_pointer(USER_TOP - 4), 8) == -EFAULT);
    KTEST_EXPECT(user_copy_in(&value, user_pointer(8), SIZE_MAX) == -EFAULT);
    KTEST_EXPECT(user_copy_in(&value, user_pointer(USER_TOP), 0) == 0);
    KTEST_EXPECT(value == 7);
}

KTEST(pt_kernel_tables_hold_what_the_kernel_runs_on)
{
    struct pt_entry entry;
    virt_addr_t va = kernel_pt.first;
    uint64_t bytes = 0;

    KTEST_EXPECT(pt_phys(&kernel_pt) == kernel_root);
    KTEST_EXPECT(pt_query_entry(&kernel_pt, image_virt, &entry) == 0 && entry.pa == image_phys);
    for (; pt_next_leaf(&kernel_pt, &va, &entry) == 0; va += entry.size) {
        bytes += entry.size;
        KTEST_EXPECT((entry.flags & (VM_WRITE | VM_EXEC)) != (VM_WRITE | VM_EXEC));
        KTEST_EXPECT((entry.flags & VM_USER) == 0 && entry.accessed);
        if (va + entry.size == 0) {
            break;
        }
    }
    KTEST_EXPECT(bytes > 32ull << 20);
}
