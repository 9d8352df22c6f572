/* SPDX-License-Identifier: MIT */
/* The host tests' MMU: switching tables is remembered, nothing else happens. */
#ifndef ARCH_MMU_H
#define ARCH_MMU_H

#include <keel/types.h>

extern phys_addr_t fake_switched_root;

static inline void arch_mmu_switch(phys_addr_t root)
{
    fake_switched_root = root;
}

static inline void arch_pt_barrier(void)
{
}

#define ARCH_USER_ROOT_HOLDS_KERNEL 0
#define ARCH_PT_ACCESS              NULL

static inline void arch_pt_finish_root(phys_addr_t root)
{
}

struct pt_format;

/* The test's own: the format it runs with, what was last switched to, and how often the TLB was
 * flushed, in part and whole. */
extern const struct pt_format *fake_format;
extern phys_addr_t fake_user_root;
extern unsigned fake_user_asid, fake_flushes, fake_full_flushes, fake_asid_bits;

static inline const struct pt_format *arch_pt_format(void)
{
    return fake_format;
}

#ifndef ARCH_TLB_BROADCASTS
#define ARCH_TLB_BROADCASTS 0
#endif
#define ARCH_TLB_KEEPS_ABSENT 1
#define ARCH_TLB_KERNEL       UINT32_MAX

void arch_tlb_flush_remote(uint64_t cpus, unsigned asid, virt_addr_t va, uint64_t size,
                           unsigned level, bool tables);

/* A test may bring a TLB of its own. */
#ifdef FAKE_TLB
unsigned arch_asid_bits(void);
void arch_mmu_switch_user(phys_addr_t root, unsigned asid);
void arch_mmu_no_user(void);
void arch_tlb_flush_range(unsigned asid, virt_addr_t va, uint64_t size, unsigned level,
                          bool tables);
void arch_tlb_flush_here(void);
#else
static inline unsigned arch_asid_bits(void)
{
    return fake_asid_bits;
}

static inline void arch_mmu_switch_user(phys_addr_t root, unsigned asid)
{
    fake_user_root = root;
    fake_user_asid = asid;
}

static inline void arch_mmu_no_user(void)
{
    fake_user_root = 0;
}

static inline void arch_tlb_flush_range(unsigned asid, virt_addr_t va, uint64_t size,
                                        unsigned level, bool tables)
{
    fake_flushes++;
}

static inline void arch_tlb_flush_here(void)
{
    fake_full_flushes++;
}
#endif

/* Numbers are always looked for. */
#define arch_mmu_switch_user_quick arch_mmu_switch_user

static inline bool arch_asids_are_off(void)
{
    return false;
}

static inline void arch_tlb_flush_kernel(virt_addr_t va, uint64_t size, unsigned level, bool tables)
{
}

static inline void arch_pt_publish(virt_addr_t va, uint64_t size, bool tables)
{
}

#endif
