/* SPDX-License-Identifier: MIT */
/* Dropping translations of a range, and the tags that tell whose they are (Privileged Architecture
 * 10.1.11, 10.2.1). A fence with an address reaches leaves alone; tables take one without. */
#include "../vm/format.h"

#include <arch/cpu.h>
#include <arch/layout.h>
#include <arch/mmu.h>
#include <arch/sbi.h>
#include <keel/panic.h>

const struct pt_format *arch_pt_format(void)
{
    return arch_layout.levels == 4 ? &pt_format_sv48 : &pt_format_sv39;
}

void arch_mmu_no_user(void)
{
    arch_mmu_switch_user(kernel_root, 0);
}

/* The field keeps as many ones as the hart has bits. The kernel's pages are global, it runs on. */
static unsigned probe_asid_bits(void)
{
    uint64_t ones = (1ull << SATP_ASID_BITS) - 1;
    unsigned long irq = arch_irq_save();
    uint64_t satp = csr_read(satp), kept;

    csr_write(satp, satp | ones << SATP_ASID_SHIFT);
    kept = csr_read(satp) >> SATP_ASID_SHIFT & ones;
    csr_write(satp, satp);
    arch_tlb_flush_here();
    arch_irq_restore(irq);
    return (unsigned)__builtin_ctzll(~kept);
}

unsigned arch_asid_bits(void)
{
    static unsigned bits_and_one; /* 0: not asked yet */

    if (bits_and_one == 0) {
        bits_and_one = probe_asid_bits() + 1;
    }
    return bits_and_one - 1;
}

/* Leaves of `level` that lie in the range or stick into it. */
static inline uint64_t count_leaves(virt_addr_t va, uint64_t size, unsigned level)
{
    unsigned shift = PAGE_SHIFT + 9 * level;

    return ((va + size - 1) >> shift) - (va >> shift) + 1;
}

/* Firmware fences page by page, which reaches leaves alone: for tables, and for much, it drops all. */
void arch_tlb_flush_remote(uint64_t cpus, unsigned asid, virt_addr_t va, uint64_t size,
                           unsigned level, bool tables)
{
    unsigned tag = asid == ARCH_TLB_KERNEL ? 0 : asid;

    if (tables || level > 0 || count_leaves(va, size, level) > ARCH_TLB_PAGES_MAX) {
        va = 0;
        size = UINT64_MAX;
    }
    if (sbi_remote_sfence(cpus, va, size, tag) != 0) {
        panic("the SBI cannot drop translations of other harts");
    }
}

/* A number of 0, which is what there is without tags, stands for all spaces. */
void tlb_flush_leaves(unsigned asid, virt_addr_t va, uint64_t size, unsigned level, bool tables)
{
    uint64_t count = count_leaves(va, size, level);

    if (asid == 0) {
        arch_tlb_flush_kernel(va, size, level, tables);
    } else if (tables || count > ARCH_TLB_PAGES_MAX) {
        __asm__ volatile("sfence.vma zero, %0" ::"r"(asid) : "memory");
    } else {
        for (; count > 0; count--, va += (uint64_t)PAGE_SIZE << (9 * level)) {
            __asm__ volatile("sfence.vma %0, %1" ::"r"(va), "r"(asid) : "memory");
        }
    }
}

void arch_tlb_flush_kernel(virt_addr_t va, uint64_t size, unsigned level, bool tables)
{
    uint64_t count = count_leaves(va, size, level);

    if (tables || count > ARCH_TLB_PAGES_MAX) {
        arch_tlb_flush_here();
        return;
    }
    for (; count > 0; count--, va += (uint64_t)PAGE_SIZE << (9 * level)) {
        arch_tlb_flush_page(va);
    }
}
