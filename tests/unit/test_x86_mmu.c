/* SPDX-License-Identifier: MIT */
/* The TLB of x86_64 with and without PCIDs and INVPCID, which no emulator here has: the port's code over
 * registers and instructions that are a model of the TLB (Intel SDM volume 3, 4.10). */
#include "../../bsp/x86_64/vm/format.h"

#include <arch/layout.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* In place of <arch/cpu.h>, <arch/cpuid.h>, <arch/feature.h>, <arch/mmu.h>. */
#define ARCH_CPU_H
#define ARCH_CPUID_H
#define ARCH_FEATURE_H
#define ARCH_MMU_H

#define ARCH_TLB_PAGES_MAX 64u

#define CR3_PCID_BITS      12
#define CR3_KEEP           (1ull << 63)
#define CR4_PGE            (1 << 7)
#define CR4_PCIDE          (1 << 17)
#define MSR_PAT            0x277
#define INVPCID_ADDRESS    0
#define INVPCID_SPACE      1

enum {
    CPU_FEATURE_PGE,
    CPU_FEATURE_PCID,
    CPU_FEATURE_INVPCID
};

#define TLB_SIZE 64u
#define ROOT_A   0x100000ull
#define ROOT_B   0x200000ull

struct translation {
    bool valid, global;
    unsigned pcid;
    virt_addr_t va;
};

char *fake_ram;
static uint64_t asked; /* the CPUs that were asked to forget */
extern bool tlb_is_tagged;
struct {
    uint64_t nx;
    uint32_t max_leaf;
} pte_limits;
phys_addr_t kernel_root = 0x300000;

static struct translation tlb[TLB_SIZE];
static unsigned features;
static uint64_t cr3, cr4, pat;
static bool interrupts = true;

static bool cpu_has(unsigned feature)
{
    return (features >> feature & 1) != 0;
}

static unsigned long arch_irq_save(void)
{
    bool before = interrupts;

    interrupts = false;
    return before;
}

static void arch_irq_restore(unsigned long before)
{
    interrupts = before;
}

static void msr_write(uint32_t msr, uint64_t value)
{
    assert_int_equal(msr, MSR_PAT);
    pat = value;
}

static unsigned current_pcid(void)
{
    return (cr4 & CR4_PCIDE) != 0 ? cr3 & 0xfff : 0;
}

static uint64_t cr3_read(void)
{
    return cr3;
}

static void forget(bool global, bool any_pcid, unsigned pcid)
{
    for (unsigned i = 0; i < TLB_SIZE; i++) {
        if ((any_pcid || tlb[i].pcid == pcid || tlb[i].global) && (global || !tlb[i].global)) {
            tlb[i].valid = false;
        }
    }
}

static void cr3_write(uint64_t value)
{
    assert_true((cr4 & CR4_PCIDE) != 0 || (value & (CR3_KEEP | 0xfff)) == 0);
    cr3 = value & ~CR3_KEEP;
    if ((value & CR3_KEEP) == 0) {
        forget(false, (cr4 & CR4_PCIDE) == 0, current_pcid());
    }
}

static uint64_t cr4_read(void)
{
    return cr4;
}

static void cr4_write(uint64_t value)
{
    assert_true((value & ~cr4 & CR4_PCIDE) == 0 || (cr3 & 0xfff) == 0);
    if (((value ^ cr4) & CR4_PGE) != 0) {
        forget(true, true, 0);
    }
    cr4 = value;
}

static void invpcid(uint64_t kind, uint64_t pcid, virt_addr_t va)
{
    assert_true(cpu_has(CPU_FEATURE_INVPCID));
    for (unsigned i = 0; i < TLB_SIZE; i++) {
        if (tlb[i].pcid == pcid && !tlb[i].global && (kind == INVPCID_SPACE || tlb[i].va == va)) {
            tlb[i].valid = false;
        }
    }
}

static void arch_tlb_flush_page(virt_addr_t va)
{
    for (unsigned i = 0; i < TLB_SIZE; i++) {
        if (tlb[i].va == va && (tlb[i].pcid == current_pcid() || tlb[i].global)) {
            tlb[i].valid = false;
        }
    }
}

static unsigned arch_pt_max_leaf(void)
{
    return 2;
}

void arch_mmu_init(void);
const struct pt_format *arch_pt_format(void);
unsigned arch_asid_bits(void);
void arch_tlb_flush_here(void);
void arch_mmu_switch(phys_addr_t root);
void arch_mmu_switch_user(phys_addr_t root, unsigned asid);
void arch_mmu_no_user(void);
void tlb_flush_leaves(unsigned asid, virt_addr_t va, uint64_t size, unsigned level, bool tables);
void arch_tlb_flush_kernel(virt_addr_t va, uint64_t size, unsigned level, bool tables);

void arch_tlb_flush_remote(uint64_t cpus, unsigned asid, virt_addr_t va, uint64_t size,
                           unsigned level, bool tables);

#define ARCH_TLB_KERNEL UINT32_MAX

static void arch_tlb_flush_range(unsigned asid, virt_addr_t va, uint64_t size, unsigned level,
                                 bool tables)
{
    tlb_flush_leaves(asid, va, size, level, tables);
}

/* The one CPU there is stands for the others. */
void smp_call_urgent(uint64_t cpus, void (*fn)(void *arg), void *arg)
{
    asked = cpus;
    fn(arg);
}

#define ARCH_PTE_H /* what of it is needed stands above */
#include "../../bsp/x86_64/cpu/mmu.c"

/* Four pages of two spaces, of space 0, and of the kernel. */
static void fill(void)
{
    unsigned n = 0;

    memset(tlb, 0, sizeof(tlb));
    for (unsigned page = 0; page < 4; page++) {
        for (unsigned pcid = 0; pcid < 3; pcid++) {
            tlb[n++] = (struct translation){true, false, arch_asid_bits() != 0 ? pcid : 0,
                                            0x400000 + page * 4096};
        }
        tlb[n++] = (struct translation){true, true, 0, 0xffffc00000000000 + page * 4096};
    }
}

static unsigned left(unsigned pcid, bool global, virt_addr_t first, unsigned pages)
{
    unsigned found = 0;

    for (unsigned i = 0; i < TLB_SIZE; i++) {
        found += tlb[i].valid && tlb[i].global == global && (global || tlb[i].pcid == pcid) &&
                 tlb[i].va - first < pages * 4096ull;
    }
    return found;
}

static void start(unsigned with)
{
    features = with;
    tlb_is_tagged = false;
    cr3 = kernel_root;
    cr4 = 0;
    arch_mmu_init();
    interrupts = true;
}

#define WITH_PGE     (1u << CPU_FEATURE_PGE)
#define WITH_PCID    (WITH_PGE | 1u << CPU_FEATURE_PCID)
#define WITH_INVPCID (WITH_PCID | 1u << CPU_FEATURE_INVPCID)
#define USER_PAGES   0x400000
#define KERNEL_PAGES 0xffffc00000000000

static void features_are_switched_on(void **state)
{
    (void)state;
    start(0);
    assert_int_equal(cr4, 0);
    assert_int_equal(arch_asid_bits(), 0);
    start(WITH_PGE);
    assert_int_equal(cr4, CR4_PGE);
    start(WITH_PCID);
    assert_int_equal(cr4, CR4_PGE | CR4_PCIDE);
    assert_int_equal(arch_asid_bits(), 12);
    assert_int_equal(pat >> 40 & 7, 4);
    assert_string_equal(arch_pt_format()->name, "x86-64");
}

static void switches_keep_what_is_tagged(void **state)
{
    (void)state;
    start(WITH_PCID);
    fill();
    arch_mmu_switch_user(ROOT_A, 1);
    assert_int_equal(cr3, ROOT_A | 1);
    arch_mmu_switch_user(ROOT_B, 2);
    arch_mmu_no_user();
    assert_int_equal(cr3, kernel_root);
    assert_int_equal(left(1, false, USER_PAGES, 4), 4);
    assert_int_equal(left(2, false, USER_PAGES, 4), 4);
    assert_int_equal(left(0, true, KERNEL_PAGES, 4), 4);
    start(WITH_PGE);
    fill();
    arch_mmu_switch_user(ROOT_A, 0);
    assert_int_equal(left(0, false, USER_PAGES, 4), 0);
    assert_int_equal(left(0, true, KERNEL_PAGES, 4), 4);
}

/* One space loses a range; others, the kernel, and CR3 do not. */
static void check_range(unsigned with, unsigned running, unsigned asid, unsigned pages, bool tables)
{
    bool all = pages > 4;

    start(with);
    fill();
    arch_mmu_switch_user(ROOT_A, running);
    tlb_flush_leaves(asid, USER_PAGES, pages * 4096ull, 0, tables);
    assert_int_equal(cr3, ROOT_A | running);
    assert_true(interrupts);
    assert_int_equal(left(asid, false, USER_PAGES, all ? 4 : pages), 0);
    assert_int_equal(left(3 - asid, false, USER_PAGES, 4), 4);
    assert_int_equal(left(0, true, KERNEL_PAGES, 4), 4);
    if (with == WITH_INVPCID && !tables && !all) {
        assert_int_equal(left(asid, false, USER_PAGES, 4), 4 - pages);
    }
}

static void ranges_are_forgotten_in_one_space(void **state)
{
    (void)state;
    for (unsigned asid = 1; asid <= 2; asid++) {
        for (unsigned pages = 1; pages <= 2; pages++) {
            check_range(WITH_PCID, 1, asid, pages, false);
            check_range(WITH_PCID, 1, asid, pages, true);
            check_range(WITH_INVPCID, 1, asid, pages, false);
            check_range(WITH_INVPCID, 1, asid, pages, true);
        }
        check_range(WITH_PCID, 1, asid, 1000, false);
        check_range(WITH_INVPCID, 1, asid, 1000, false);
    }
}

static void without_tags_the_running_space_is_meant(void **state)
{
    (void)state;
    start(WITH_PGE);
    fill();
    tlb_flush_leaves(0, USER_PAGES, 2 * 4096, 0, false);
    assert_int_equal(left(0, false, USER_PAGES, 2), 0);
    assert_int_equal(left(0, false, USER_PAGES, 4), 2 * 3);
    tlb_flush_leaves(0, USER_PAGES, 1000 * 4096, 0, false);
    assert_int_equal(left(0, false, USER_PAGES, 4), 0);
    assert_int_equal(left(0, true, KERNEL_PAGES, 4), 4);
}

static void the_kernel_loses_global_pages(void **state)
{
    (void)state;
    start(WITH_PCID);
    fill();
    arch_mmu_switch_user(ROOT_A, 1);
    arch_tlb_flush_kernel(KERNEL_PAGES, 2 * 4096, 0, false);
    assert_int_equal(left(0, true, KERNEL_PAGES, 4), 2);
    assert_int_equal(left(1, false, USER_PAGES, 4), 4);
    arch_tlb_flush_kernel(KERNEL_PAGES, 1000 * 4096, 0, false);
    assert_int_equal(left(0, true, KERNEL_PAGES, 4), 0);
    fill();
    arch_tlb_flush_kernel(KERNEL_PAGES, 4096, 0, true);
    assert_int_equal(left(0, true, KERNEL_PAGES, 4), 0);
    assert_int_equal(cr4, CR4_PGE | CR4_PCIDE);
}

static void other_cpus_do_the_same(void **state)
{
    (void)state;
    start(WITH_PCID);
    fill();
    arch_mmu_switch_user(ROOT_A, 1);
    arch_tlb_flush_remote(6, 2, USER_PAGES, 2 * 4096, 0, false);
    assert_int_equal(asked, 6);
    assert_int_equal(left(2, false, USER_PAGES, 2), 0);
    assert_int_equal(left(1, false, USER_PAGES, 4), 4);
    arch_tlb_flush_remote(8, ARCH_TLB_KERNEL, KERNEL_PAGES, 2 * 4096, 0, false);
    assert_int_equal(asked, 8);
    assert_int_equal(left(0, true, KERNEL_PAGES, 4), 2);
    assert_int_equal(left(1, false, USER_PAGES, 4), 4);
}

static void all_is_forgotten_with_and_without_global_pages(void **state)
{
    (void)state;
    start(WITH_PCID);
    fill();
    arch_tlb_flush_here();
    for (unsigned pcid = 0; pcid < 3; pcid++) {
        assert_int_equal(left(pcid, false, USER_PAGES, 4), 0);
    }
    assert_int_equal(left(0, true, KERNEL_PAGES, 4), 0);
    start(0);
    fill();
    arch_mmu_switch(ROOT_B);
    assert_int_equal(cr3, ROOT_B);
    assert_int_equal(left(0, false, USER_PAGES, 4), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(features_are_switched_on),
        cmocka_unit_test(switches_keep_what_is_tagged),
        cmocka_unit_test(ranges_are_forgotten_in_one_space),
        cmocka_unit_test(without_tags_the_running_space_is_meant),
        cmocka_unit_test(the_kernel_loses_global_pages),
        cmocka_unit_test(other_cpus_do_the_same),
        cmocka_unit_test(all_is_forgotten_with_and_without_global_pages),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
