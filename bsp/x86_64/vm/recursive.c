/* SPDX-License-Identifier: MIT */
/* Page tables seen through the root's last entry, which leads to the root itself: a walk that passes
 * through it n times ends n levels early, at a table in place of memory. */
#include "format.h"

#include <arch/cpu.h>
#include <arch/cpuid.h>
#include <arch/layout.h>
#include <arch/mmu.h>
#include <arch/pte.h>

#define RECURSIVE_SLOT  511u
#define INDICES_MASK    0x0000007ffffff000ull /* three indices and no offset */
#define CR3_ROOT        0x000ffffffffff000ull
#define INTERRUPTS_WERE (1ull << 62) /* in what `enter` gives, a bit that CR3 leaves 0 */

void arch_pt_finish_root(phys_addr_t root)
{
    pte_t *table = phys_to_virt(root);

    table[RECURSIVE_SLOT] = root | PTE_P | PTE_RW | PTE_A | PTE_D | pte_limits.nx;
}

static pte_t *reach(const struct page_table *pt, virt_addr_t va, unsigned level, phys_addr_t page)
{
    (void)pt;
    (void)page;
    for (unsigned i = 0; i <= level; i++) {
        va = RECURSIVE_BASE | (va >> PT_INDEX_BITS & INDICES_MASK);
    }
    return (pte_t *)va;
}

/* Every root holds the kernel's half. Tables of another user space take running on them, with interrupts
 * off and nothing kept of whatever was seen in this place before. */
static uint64_t enter(const struct page_table *pt)
{
    uint64_t here = cr3_read();
    unsigned long irq;

    if (pt == &kernel_pt || (here & CR3_ROOT) == pt->root) {
        return 0;
    }
    irq = arch_irq_save();
    cr3_write(pt->root);
    return here | ((irq & RFLAGS_IF) != 0 ? INTERRUPTS_WERE : 0);
}

/* What is not tagged, or tagged as no space, has tables of the other one in the same place. */
static void leave(uint64_t before)
{
    uint64_t cr3 = before & ~INTERRUPTS_WERE;
    bool tagged = arch_asid_bits() != 0 && (cr3 & ((1u << CR3_PCID_BITS) - 1)) != 0;

    if (before == 0) {
        return;
    }
    cr3_write(cr3 | (tagged ? CR3_KEEP : 0));
    if ((before & INTERRUPTS_WERE) != 0) {
        arch_irq_enable();
    }
}

const struct pt_access pt_access_recursive = {.reach = reach, .enter = enter, .leave = leave};
