/* SPDX-License-Identifier: MIT */
/* Switches this hart's page tables. */
#include <arch/mmu.h>

static uint64_t satp_of(phys_addr_t root, unsigned asid)
{
    uint64_t mode = arch_layout.levels == 4 ? SATP_MODE_SV48 : SATP_MODE_SV39;

    return mode << SATP_MODE_SHIFT | (uint64_t)asid << SATP_ASID_SHIFT | root >> PAGE_SHIFT;
}

uint64_t mmu_satp(phys_addr_t root)
{
    return satp_of(root, 0);
}

void arch_mmu_switch(phys_addr_t root)
{
    arch_tlb_flush_here();
    csr_write(satp, satp_of(root, 0));
    arch_tlb_flush_here();
}

/* Without tags, translations of the space before would serve for this one. */
void arch_mmu_switch_user(phys_addr_t root, unsigned asid)
{
    csr_write(satp, satp_of(root, asid));
    if (asid == 0) {
        arch_tlb_flush_here();
    }
}
