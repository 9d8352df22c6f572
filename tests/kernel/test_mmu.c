/* SPDX-License-Identifier: MIT */
/* The final kernel mappings: who may do what where, and what must not be there. */
#include <arch/layout.h>
#include <arch/pte.h>
#include <arch/uaccess.h>
#include <keel/errno.h>
#include <keel/ktest.h>
#include <keel/memmap.h>
#include <keel/vm.h>

#define HIGH_HALF   (1ull << 63)
#define TABLE_SLOTS 512u

extern char _image_start[], _image_end[], _text_start[], _text_end[], _rodata_start[];
extern char _rodata_end[], _data_start[], _data_end[], _bss_start[], _bss_end[];
extern char boot_stack_guard[];

static bool readable(virt_addr_t va)
{
    uint64_t byte;

    return arch_read_nofault(va, 1, &byte) == 0;
}

/* Every page of [start, end) is mapped to its place in the image with exactly these rights. */
static void expect_rights(const char *start, const char *end, uint32_t rights)
{
    for (const char *page = start; page < end; page += PAGE_SIZE) {
        phys_addr_t pa;
        uint32_t flags;

        if (page == boot_stack_guard) {
            continue;
        }
        KTEST_REQUIRE(pt_query(kernel_root, (virt_addr_t)page, &pa, &flags) != 0);
        KTEST_EXPECT(pa == image_phys + (uint64_t)(page - _image_start));
        KTEST_EXPECT((flags & (VM_WRITE | VM_EXEC | VM_USER)) == rights);
    }
}

KTEST(mmu_text_is_read_execute)
{
    expect_rights(_text_start, _text_end, VM_EXEC);
}

KTEST(mmu_rodata_is_read_only)
{
    expect_rights(_rodata_start, _rodata_end, 0);
}

KTEST(mmu_data_is_not_executable)
{
    expect_rights(_data_start, _data_end, VM_WRITE);
    expect_rights(_bss_start, _bss_end, VM_WRITE);
}

KTEST(mmu_guard_page_is_unmapped)
{
    phys_addr_t pa;
    uint32_t flags;

    KTEST_EXPECT(IS_ALIGNED((virt_addr_t)boot_stack_guard, PAGE_SIZE));
    KTEST_EXPECT(pt_query(kernel_root, (virt_addr_t)boot_stack_guard, &pa, &flags) == 0);
    KTEST_EXPECT(!readable((virt_addr_t)boot_stack_guard));
    KTEST_EXPECT(!readable((virt_addr_t)boot_stack_guard + PAGE_SIZE - 1));
    KTEST_EXPECT(readable((virt_addr_t)boot_stack_guard + PAGE_SIZE));
}

KTEST(mmu_identity_map_is_gone)
{
    KTEST_EXPECT(!readable(image_phys));
    KTEST_EXPECT(!readable(image_phys + (uint64_t)(_image_end - _image_start) - 1));
    KTEST_EXPECT(!readable(0));
    KTEST_EXPECT(!readable(1ul << 20));
    KTEST_EXPECT(!readable(1ul << 30));
}

KTEST(mmu_kernel_runs_in_the_high_half)
{
    int local;

    KTEST_EXPECT((virt_addr_t)readable >= HIGH_HALF);
    KTEST_EXPECT((virt_addr_t)&local >= HIGH_HALF);
    KTEST_EXPECT((virt_addr_t)_image_start == image_virt);
    KTEST_EXPECT(virt_to_phys(_image_start) == image_phys);
}

KTEST(mmu_image_has_no_writable_alias)
{
    KTEST_EXPECT(!readable((virt_addr_t)arch_phys_to_virt(image_phys)));
    KTEST_EXPECT(phys_to_virt(image_phys) == (void *)_image_start);
}

/* Looks at every leaf below a table; returns how many are both writable and executable. */
static unsigned count_bad_leaves(phys_addr_t table, unsigned level, unsigned *leaves)
{
    const pte_t *entries = phys_to_virt(table);
    unsigned bad = 0;

    for (unsigned i = 0; i < TABLE_SLOTS; i++) {
        pte_t entry = entries[i];

        if (!arch_pte_present(entry) || arch_pte_addr(entry) == kernel_root) {
            continue; /* a recursive entry is for the tables, not executable as a whole */
        }
        if (!arch_pte_is_leaf(entry, level)) {
            bad += count_bad_leaves(arch_pte_addr(entry), level - 1, leaves);
        } else {
            uint32_t flags = arch_pte_flags(entry, level);

            *leaves += 1;
            bad += (flags & VM_WRITE) && (flags & VM_EXEC);
            bad += (flags & VM_USER) != 0;
        }
    }
    return bad;
}

KTEST(mmu_nothing_is_writable_and_executable)
{
    unsigned leaves = 0;

    KTEST_EXPECT(count_bad_leaves(kernel_root, arch_pt_levels() - 1, &leaves) == 0);
    KTEST_EXPECT(leaves > 0);
}

KTEST(mmu_direct_map_holds_all_mappable_ram)
{
    phys_addr_t base, pa, after = 0;
    uint64_t size;

    while (memmap_mappable(after, &base, &size)) {
        phys_addr_t last = base + size - PAGE_SIZE;
        uint32_t flags;

        KTEST_EXPECT(pt_query(kernel_root, (virt_addr_t)arch_phys_to_virt(base), &pa, &flags) != 0);
        KTEST_EXPECT(pa == base && (flags & VM_WRITE) && !(flags & VM_EXEC));
        KTEST_EXPECT(pt_query(kernel_root, (virt_addr_t)arch_phys_to_virt(last), &pa, &flags) != 0);
        KTEST_EXPECT(pa == last && virt_to_phys(phys_to_virt(last)) == last);
        KTEST_EXPECT(readable((virt_addr_t)phys_to_virt(last)));
        after = base + size;
    }
    KTEST_EXPECT(after != 0);
}

KTEST(mmu_entries_give_back_what_they_were_made_of)
{
    static const uint32_t rights[] = {
        VM_KERNEL_RO,
        VM_KERNEL_RW,
        VM_KERNEL_RX,
        VM_READ | VM_USER,
        VM_READ | VM_WRITE | VM_USER,
        VM_READ | VM_EXEC | VM_USER,
    };
    phys_addr_t pa = 3ull << 30;

    for (unsigned level = 0; level <= arch_pt_max_leaf(); level++) {
        for (size_t i = 0; i < ARRAY_SIZE(rights); i++) {
            pte_t leaf = arch_pte_leaf(pa, level, rights[i]);

            KTEST_EXPECT(arch_pte_present(leaf) && arch_pte_is_leaf(leaf, level));
            KTEST_EXPECT(arch_pte_addr(leaf) == pa);
            KTEST_EXPECT(arch_pte_flags(leaf, level) == rights[i]);
        }
    }
    KTEST_EXPECT(arch_pte_present(arch_pte_table(pa)));
    KTEST_EXPECT(!arch_pte_is_leaf(arch_pte_table(pa), 1));
    KTEST_EXPECT(arch_pte_addr(arch_pte_table(pa)) == pa);
    KTEST_EXPECT(!arch_pte_present(0));
}
