/* SPDX-License-Identifier: MIT */
/* The MMU's switches: root of the tables, TLB (Intel SDM volume 3, 4.10). */
#ifndef ARCH_MMU_H
#define ARCH_MMU_H

#include <arch/alternative.h>
#include <arch/cpuid.h>
#include <arch/layout.h>
#include <keel/types.h>

struct pt_format;

/* One root for both halves: a user space's holds the kernel's entries too. */
#define ARCH_USER_ROOT_HOLDS_KERNEL 1

/* Sets the memory types of the PAT, write protection, global pages and, where the CPU has them, PCIDs.
 * Once on each CPU, before it uses a mapping that is not write-back. */
void arch_mmu_init(void);

/* Runs on the tables under `root` from now on, with nothing of the old ones left in the TLB. */
void arch_mmu_switch(phys_addr_t root);

/* The format of this CPU's tables: 4 levels, with 1 GiB pages or without. */
const struct pt_format *arch_pt_format(void);

/* How tables in use are reached: through the direct map, or through the root's last entry, which leads
 * to the root itself. */
#if IS_ENABLED(CONFIG_X86_RECURSIVE)
extern const struct pt_access pt_access_recursive;
#define ARCH_PT_ACCESS (&pt_access_recursive)

/* Puts that entry into a root. */
void arch_pt_finish_root(phys_addr_t root);
#else
#define ARCH_PT_ACCESS NULL

static inline void arch_pt_finish_root(phys_addr_t root)
{
    (void)root;
}
#endif

/* Bits of the numbers that tag a user space's translations in the TLB: 12 with PCIDs, else 0. Number 0
 * is for when there is no user space. */
unsigned arch_asid_bits(void);

/* Runs on the tables under `root`, which hold the kernel's half, with translations tagged `asid`; where
 * there are no tags, what is not global is dropped. */
void arch_mmu_switch_user(phys_addr_t root, unsigned asid);

/* Translations are tagged with PCIDs: CR4.PCIDE is set. */
extern bool tlb_is_tagged;

/* The same in line. */
static inline void arch_mmu_switch_user_quick(phys_addr_t root, unsigned asid)
{
    cr3_write(root | asid | (tlb_is_tagged ? CR3_KEEP : 0));
}

/* Whether there are no tags. */
static inline bool arch_asids_are_off(void)
{
    return !tlb_is_tagged;
}

/* Goes back to the kernel's own tables. */
void arch_mmu_no_user(void);

/* One instruction as long as STAC and CLAC. */
#define NOP_3 ".byte 0x0f, 0x1f, 0x00"

/* Between these two the kernel may touch user pages on this CPU. Not nested; a trap in between closes
 * the access for its handler and opens it again (SMAP). */
static inline void arch_user_access_begin(void)
{
    __asm__ volatile(ALTERNATIVE(NOP_3, "stac", CPU_FEATURE_SMAP) : : : "memory");
}

static inline void arch_user_access_end(void)
{
    __asm__ volatile(ALTERNATIVE(NOP_3, "clac", CPU_FEATURE_SMAP) : : : "memory");
}

/* INVLPG and its like are for this CPU; what is not present is not remembered (SDM 3, 4.10.2.3). */
#define ARCH_TLB_BROADCASTS   0
#define ARCH_TLB_KEEPS_ABSENT 0

/* In place of a space's number: the kernel's half. */
#define ARCH_TLB_KERNEL       UINT32_MAX

/* Has other CPUs do what arch_tlb_flush_range(), for ARCH_TLB_KERNEL arch_tlb_flush_kernel(), does here;
 * returns when they have. Interrupts off; locks may be held. */
void arch_tlb_flush_remote(uint64_t cpus, unsigned asid, virt_addr_t va, uint64_t size,
                           unsigned level, bool tables);

/* Forgets all translations of this CPU, global ones and those of all PCIDs too. */
void arch_tlb_flush_here(void);

/* Forgets the translation of the page at va. */
static inline void arch_tlb_flush_page(virt_addr_t va)
{
    __asm__ volatile("invlpg (%0)" : : "r"(va) : "memory");
}

/* More leaves than that are not forgotten by address, but all of their space is. In the emulator, where
 * INVLPG is cheaper than in hardware, both cost the same at about 150 (make bench). */
#define ARCH_TLB_PAGES_MAX 64u

void tlb_flush_leaves(unsigned asid, virt_addr_t va, uint64_t size, unsigned level, bool tables);

/* Forgets the translations of [va, va + size), whole pages, made by leaves of `level` and larger: of the
 * user space `asid`, or of the kernel; with `tables` also what was remembered of tables on the way.
 * On this CPU. */
static inline void arch_tlb_flush_range(unsigned asid, virt_addr_t va, uint64_t size,
                                        unsigned level, bool tables)
{
    if (size > PAGE_SIZE || tables || tlb_is_tagged) {
        tlb_flush_leaves(asid, va, size, level, tables);
    } else {
        arch_tlb_flush_page(va);
    }
}

void arch_tlb_flush_kernel(virt_addr_t va, uint64_t size, unsigned level, bool tables);

/* After entries that were not present: x86 never caches those, the compiler is all there is. */
static inline void arch_pt_barrier(void)
{
    barrier();
}

/* The same for the range of one operation. */
static inline void arch_pt_publish(virt_addr_t va, uint64_t size, bool tables)
{
    (void)va;
    (void)size;
    (void)tables;
    barrier();
}

#endif
