/* SPDX-License-Identifier: MIT */
/* The MMU: installing tables, forgetting translations (Arm ARM DDI 0487, D8.16). */
#ifndef ARCH_MMU_H
#define ARCH_MMU_H

#include <arch/alternative.h>
#include <arch/layout.h>
#include <arch/sysreg.h>
#include <keel/types.h>

struct pt_format;

/* The part of a TLBI instruction's operand that is the address. */
#define TLBI_OPERAND_VA(va)         ((va) >> PAGE_SHIFT & ((1ull << 44) - 1))

/* User tables are of their own (TTBR0): their root holds nothing of the kernel. */
#define ARCH_USER_ROOT_HOLDS_KERNEL 0

/*
 * Installs the final tables of the high half, whose root lies at `root`, and drops the boot's
 * identity map for good. Once, on the boot CPU; interrupts off.
 */
void arch_mmu_switch(phys_addr_t root);

/* The same on a CPU that starts on the final tables: ends its identity map. Interrupts off. */
void mmu_enter(void);

/* The format of this CPU's tables. */
const struct pt_format *arch_pt_format(void);

/* Tables in use are reached through the direct map, and a root needs nothing special. */
#define ARCH_PT_ACCESS NULL

static inline void arch_pt_finish_root(phys_addr_t root)
{
    (void)root;
}

/* Bits of the numbers that tag a user space's translations in the TLB: 8 or 16. Number 0 is for when
 * there is no user space. */
unsigned arch_asid_bits(void);

/* Makes the tables under `root` the user half of this CPU, their translations tagged `asid`. */
static inline void arch_mmu_switch_user(phys_addr_t root, unsigned asid)
{
    write_sysreg(TTBR0_EL1, root | (uint64_t)asid << TTBR_ASID_SHIFT);
    isb();
}

/* The same, for both have numbers. */
#define arch_mmu_switch_user_quick arch_mmu_switch_user

/* Whether there are no numbers. */
static inline bool arch_asids_are_off(void)
{
    return false;
}

/* Makes the user half of this CPU empty. */
void arch_mmu_no_user(void);

/* Between these two the kernel may touch user pages on this CPU. Not nested; a trap in between closes
 * the access for its handler and opens it again (PAN). */
static inline void arch_user_access_begin(void)
{
    __asm__ volatile(ALTERNATIVE("nop", INSN_PAN_CLEAR, CPU_FEATURE_PAN) : : : "memory");
}

static inline void arch_user_access_end(void)
{
    __asm__ volatile(ALTERNATIVE("nop", INSN_PAN_SET, CPU_FEATURE_PAN) : : : "memory");
}

/* What drops translations here drops them on all CPUs, and "not present" is remembered nowhere. */
#define ARCH_TLB_BROADCASTS   1
#define ARCH_TLB_KEEPS_ABSENT 0

/* For core, which has no use for it on such a CPU. */
#define ARCH_TLB_KERNEL       0u

static inline void arch_tlb_flush_remote(uint64_t cpus, unsigned asid, virt_addr_t va,
                                         uint64_t size, unsigned level, bool tables)
{
    (void)cpus;
    (void)asid;
    (void)va;
    (void)size;
    (void)level;
    (void)tables;
}

/* Forgets every translation of this CPU. */
static inline void arch_tlb_flush_here(void)
{
    __asm__ volatile("dsb nshst\n"
                     "tlbi vmalle1\n"
                     "dsb nsh\n"
                     "isb" ::
                         : "memory");
}

/* Forgets the translation of the page at `va` (for every address space), on all CPUs. */
static inline void arch_tlb_flush_page(virt_addr_t va)
{
    __asm__ volatile("dsb ishst\n"
                     "tlbi vaae1is, %0\n"
                     "dsb ish\n"
                     "isb" ::"r"(TLBI_OPERAND_VA(va))
                     : "memory");
}

/* More leaves than that are not forgotten by address, but all of their space is. In the emulator both cost
 * the same at about 128 (make bench); hardware has to tell every CPU of each. */
#define ARCH_TLB_PAGES_MAX 64u

void tlb_flush_leaves(unsigned asid, virt_addr_t va, uint64_t size, unsigned level, bool tables);

/* Forgets the translations of [va, va + size), whole pages, made by leaves of `level` and larger: of the
 * user space `asid`, or of the kernel; with `tables` also what was remembered of tables on the way.
 * On all CPUs. */
static inline void arch_tlb_flush_range(unsigned asid, virt_addr_t va, uint64_t size,
                                        unsigned level, bool tables)
{
    if (size > PAGE_SIZE || tables) {
        tlb_flush_leaves(asid, va, size, level, tables);
        return;
    }
    __asm__ volatile("dsb ishst\n"
                     "tlbi vale1is, %0\n"
                     "dsb ish\n"
                     "isb" ::"r"((uint64_t)asid << TTBR_ASID_SHIFT | TLBI_OPERAND_VA(va))
                     : "memory");
}

void arch_tlb_flush_kernel(virt_addr_t va, uint64_t size, unsigned level, bool tables);

/* After writing entries that were not present: walks see them from here on. */
static inline void arch_pt_barrier(void)
{
    __asm__ volatile("dsb ishst\n"
                     "isb" ::
                         : "memory");
}

/* The same for the range of one operation; `tables`: it put in tables as well. */
static inline void arch_pt_publish(virt_addr_t va, uint64_t size, bool tables)
{
    (void)va;
    (void)size;
    (void)tables;
    arch_pt_barrier();
}

#endif
