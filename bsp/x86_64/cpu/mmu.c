/* SPDX-License-Identifier: MIT */
/* Memory types, the switch of tables, and forgetting translations (Intel SDM volume 3, 4.10 and 11.12). */
#include <arch/mmu.h>

#include "../vm/format.h"

#include <arch/cpu.h>
#include <arch/cpuid.h>
#include <arch/feature.h>
#include <arch/layout.h>
#include <arch/pte.h>
#include <keel/smp.h>

/* PAT entries 0 to 3 and 5, as pte.h numbers them: write-back 6, write-combining 1, uncached- 7,
 * uncached 0, write-through 4 (Intel SDM volume 3, 11.12.2); the others keep what the CPU starts with. */
#define PAT_VALUE 0x0007040600070106ull

bool tlb_is_tagged;

void arch_mmu_init(void)
{
    msr_write(MSR_PAT, PAT_VALUE);
    if (cpu_has(CPU_FEATURE_PGE)) {
        cr4_write(cr4_read() | CR4_PGE);
    }
    if (cpu_has(CPU_FEATURE_PCID)) {
        cr4_write(cr4_read() | CR4_PCIDE);
        tlb_is_tagged = true;
    }
}

const struct pt_format *arch_pt_format(void)
{
    return arch_pt_max_leaf() == 2 ? &pt_format_x86_64 : &pt_format_x86_64_2m;
}

unsigned arch_asid_bits(void)
{
    return tlb_is_tagged ? CR3_PCID_BITS : 0;
}

void arch_tlb_flush_here(void)
{
    uint64_t cr4 = cr4_read();

    if ((cr4 & CR4_PGE) != 0) {
        cr4_write(cr4 & ~(uint64_t)CR4_PGE);
        cr4_write(cr4);
    } else {
        cr3_write(cr3_read());
    }
}

void arch_mmu_switch(phys_addr_t root)
{
    cr3_write(root);
    arch_tlb_flush_here();
}

void arch_mmu_switch_user(phys_addr_t root, unsigned asid)
{
    cr3_write(root | asid | (tlb_is_tagged ? CR3_KEEP : 0));
}

/* Through the recursive entry, tables of other spaces may have been seen with this number. */
void arch_mmu_no_user(void)
{
    if (IS_ENABLED(CONFIG_X86_RECURSIVE)) {
        cr3_write(kernel_root);
    } else {
        arch_mmu_switch_user(kernel_root, 0);
    }
}

/* Forgets what is tagged `asid`. Without INVPCID this takes being there for a moment: any root will do,
 * for only the kernel's half is used meanwhile. */
static void flush_space(unsigned asid)
{
    unsigned long irq;
    uint64_t here;

    if (!tlb_is_tagged) {
        cr3_write(cr3_read());
    } else if (cpu_has(CPU_FEATURE_INVPCID)) {
        invpcid(INVPCID_SPACE, asid, 0);
    } else {
        irq = arch_irq_save();
        here = cr3_read();
        cr3_write(kernel_root | asid);
        cr3_write(here | CR3_KEEP);
        arch_irq_restore(irq);
    }
}

/* Leaves of `level` that lie in the range or stick into it. */
static inline uint64_t count_leaves(virt_addr_t va, uint64_t size, unsigned level)
{
    unsigned shift = PAGE_SHIFT + 9 * level;

    return ((va + size - 1) >> shift) - (va >> shift) + 1;
}

/* INVLPG knows the running space and global pages, and forgets all that was remembered of its tables. */
static void flush_here(virt_addr_t va, uint64_t count, unsigned level)
{
    for (; count > 0; count--, va += PAGE_SIZE << (9 * level)) {
        arch_tlb_flush_page(va);
    }
}

void tlb_flush_leaves(unsigned asid, virt_addr_t va, uint64_t size, unsigned level, bool tables)
{
    uint64_t count;
    bool here;

    if (IS_ENABLED(CONFIG_X86_RECURSIVE) && tables) {
        flush_space(asid); /* the tables have addresses of their own */
        return;
    }
    count = count_leaves(va, size, level);
    here = !tlb_is_tagged || (cr3_read() & ((1u << CR3_PCID_BITS) - 1)) == asid;
    if (count > ARCH_TLB_PAGES_MAX || (!here && (tables || !cpu_has(CPU_FEATURE_INVPCID)))) {
        flush_space(asid);
    } else if (here) {
        flush_here(va, count, level);
    } else {
        for (; count > 0; count--, va += PAGE_SIZE << (9 * level)) {
            invpcid(INVPCID_ADDRESS, asid, va);
        }
    }
}

struct remote_flush {
    unsigned asid;
    unsigned level;
    virt_addr_t va;
    uint64_t size;
    bool tables;
};

/* A CPU that has left the space meanwhile does it in vain. */
static void flush_for_other(void *arg)
{
    const struct remote_flush *flush = arg;

    if (flush->asid == ARCH_TLB_KERNEL) {
        arch_tlb_flush_kernel(flush->va, flush->size, flush->level, flush->tables);
    } else {
        arch_tlb_flush_range(flush->asid, flush->va, flush->size, flush->level, flush->tables);
    }
}

void arch_tlb_flush_remote(uint64_t cpus, unsigned asid, virt_addr_t va, uint64_t size,
                           unsigned level, bool tables)
{
    struct remote_flush flush = {
        .asid = asid, .level = level, .va = va, .size = size, .tables = tables};

    smp_call_urgent(cpus, flush_for_other, &flush);
}

/* Global pages fall in every space; what was remembered of tables, in the running one: the kernel's
 * tables are never taken out. */
void arch_tlb_flush_kernel(virt_addr_t va, uint64_t size, unsigned level, bool tables)
{
    uint64_t count = count_leaves(va, size, level);

    if (tables || count > ARCH_TLB_PAGES_MAX) {
        arch_tlb_flush_here();
    } else {
        flush_here(va, count, level);
    }
}
