/* SPDX-License-Identifier: MIT */
/* Address translation of this hart: satp and the TLB (Privileged Architecture 10.1.11, 10.2.1). */
#ifndef ARCH_MMU_H
#define ARCH_MMU_H

#include <arch/csr.h>
#include <arch/layout.h>
#include <keel/types.h>

struct pt_format;

/* One root for both halves: a user space's holds the kernel's entries too. */
#define ARCH_USER_ROOT_HOLDS_KERNEL 1

/* Runs on the tables under `root` (physical) from now on; whatever only the old ones mapped, the
 * identity map among it, is gone. */
void arch_mmu_switch(phys_addr_t root);

/* What satp holds for these tables without a user space. */
uint64_t mmu_satp(phys_addr_t root);

/* The format of this hart's tables: Sv39 or Sv48. */
const struct pt_format *arch_pt_format(void);

/* Tables in use are reached through the direct map, and a root needs nothing special. */
#define ARCH_PT_ACCESS NULL

static inline void arch_pt_finish_root(phys_addr_t root)
{
    (void)root;
}

/* Bits of the numbers that tag a user space's translations in the TLB, 0 to 16; asked of the hart the
 * first time. Number 0 is for when there is no user space. */
unsigned arch_asid_bits(void);

/* Runs on the tables under `root`, which hold the kernel's half, with translations tagged `asid`; where
 * there are no tags, what is not global is dropped. */
void arch_mmu_switch_user(phys_addr_t root, unsigned asid);

/* The same where there are tags. */
static inline void arch_mmu_switch_user_quick(phys_addr_t root, unsigned asid)
{
    uint64_t mode = arch_layout.levels == 4 ? SATP_MODE_SV48 : SATP_MODE_SV39;

    csr_write(satp,
              mode << SATP_MODE_SHIFT | (uint64_t)asid << SATP_ASID_SHIFT | root >> PAGE_SHIFT);
}

/* Whether it is known, without asking the hart, that there are no tags. */
static inline bool arch_asids_are_off(void)
{
    return false;
}

/* Goes back to the kernel's own tables. */
void arch_mmu_no_user(void);

/* Between these two the kernel may touch user pages on this hart. Not nested; a trap in between closes
 * the access for its handler and opens it again. */
static inline void arch_user_access_begin(void)
{
    csr_set(sstatus, SSTATUS_SUM);
}

static inline void arch_user_access_end(void)
{
    csr_clear(sstatus, SSTATUS_SUM);
}

/* Fences are for this hart, and a hart may remember that nothing was there (10.2.1). */
#define ARCH_TLB_BROADCASTS   0
#define ARCH_TLB_KEEPS_ABSENT 1

/* In place of a space's number: the kernel's half. */
#define ARCH_TLB_KERNEL       UINT32_MAX

/* Has other CPUs do what arch_tlb_flush_range(), for ARCH_TLB_KERNEL arch_tlb_flush_kernel(), does here;
 * returns when they have. Interrupts off; locks may be held. */
void arch_tlb_flush_remote(uint64_t cpus, unsigned asid, virt_addr_t va, uint64_t size,
                           unsigned level, bool tables);

/* Drops all translations of this hart. */
static inline void arch_tlb_flush_here(void)
{
    __asm__ volatile("sfence.vma" ::: "memory");
}

/* Drops the translations of one page, in all address spaces. */
static inline void arch_tlb_flush_page(virt_addr_t va)
{
    __asm__ volatile("sfence.vma %0, zero" ::"r"(va) : "memory");
}

/* More leaves than that are not dropped by address, but all of their space is. The emulator drops all with
 * any fence, so nothing is cheaper there than the other (make bench); this is for harts that do less. */
#define ARCH_TLB_PAGES_MAX 16u

void tlb_flush_leaves(unsigned asid, virt_addr_t va, uint64_t size, unsigned level, bool tables);

/* Drops the translations of [va, va + size), whole pages, made by leaves of `level` and larger: of the
 * user space `asid`, or of the kernel; with `tables` also what was remembered of tables on the way.
 * On this hart. */
static inline void arch_tlb_flush_range(unsigned asid, virt_addr_t va, uint64_t size,
                                        unsigned level, bool tables)
{
    if (size > PAGE_SIZE || tables || asid == 0) {
        tlb_flush_leaves(asid, va, size, level, tables);
    } else {
        __asm__ volatile("sfence.vma %0, %1" ::"r"(va), "r"(asid) : "memory");
    }
}

void arch_tlb_flush_kernel(virt_addr_t va, uint64_t size, unsigned level, bool tables);

/* After entries that were not present have been written: makes walks of this hart see them. CPUs may
 * have cached that there was nothing. */
static inline void arch_pt_barrier(void)
{
    __asm__ volatile("sfence.vma" ::: "memory");
}

/* The same for the range of one operation; a fence with an address orders leaves alone, so it serves
 * for a single page that needed no new tables. */
static inline void arch_pt_publish(virt_addr_t va, uint64_t size, bool tables)
{
    if (size <= PAGE_SIZE && !tables) {
        arch_tlb_flush_page(va);
    } else {
        arch_pt_barrier();
    }
}

#endif
