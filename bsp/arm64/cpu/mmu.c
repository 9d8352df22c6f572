/* SPDX-License-Identifier: MIT */
/* Goes over from the boot's tables to the final ones, and from one user space to another. */
#include <arch/mmu.h>

#include "../vm/format.h"

#include <arch/feature.h>
#include <arch/layout.h>
#include <keel/zero_page.h>

extern char replace_high_tables[];

/*
 * The tables may not be exchanged while translations of the old ones can still be cached (break
 * before make, Arm ARM DDI 0487, D8.16.1). So the exchange runs on the identity map, with no high
 * half in between. After it the low half is empty, and writable memory stops being executable
 * whatever an entry says.
 */
void arch_mmu_switch(phys_addr_t root)
{
    typedef void replace_fn(phys_addr_t root, phys_addr_t empty);
    phys_addr_t empty = virt_to_phys(zero_page);
    replace_fn *replace = (replace_fn *)virt_to_phys(replace_high_tables);

    replace(root, empty);
    mmu_enter();
}

/* Ends the start-up's tables: the low half is empty from here on, writable memory not executable. */
void mmu_enter(void)
{
    write_sysreg(TTBR0_EL1, virt_to_phys(zero_page));
    write_sysreg(SCTLR_EL1, read_sysreg(SCTLR_EL1) | SCTLR_WXN);
    isb();
    arch_tlb_flush_here();
}

void arch_mmu_no_user(void)
{
    arch_mmu_switch_user(virt_to_phys(zero_page), 0);
}

const struct pt_format *arch_pt_format(void)
{
    return &pt_format_arm64;
}

/* TCR_EL1.AS was set by the entry code where the CPU has 16 bits. */
unsigned arch_asid_bits(void)
{
    return (read_sysreg(TCR_EL1) & TCR_AS) != 0 ? 16 : 8;
}
