/* SPDX-License-Identifier: MIT */
/* Forgetting translations of a range (Arm ARM DDI 0487, D8.16.5): by address while it is short, by
 * address space from some length on. All instructions are of the kind that reaches every CPU. */
#include <arch/layout.h>
#include <arch/mmu.h>

#define FOR_PAGES(insn, operand, count, stride)                               \
    do {                                                                      \
        for (uint64_t left_ = (count), at_ = (operand); left_ > 0; left_--) { \
            __asm__ volatile("tlbi " insn ", %0" : : "r"(at_) : "memory");    \
            at_ += (stride);                                                  \
        }                                                                     \
    } while (0)

static inline void begin(void)
{
    __asm__ volatile("dsb ishst" ::: "memory");
}

static inline void finish(void)
{
    __asm__ volatile("dsb ish\n"
                     "isb" ::
                         : "memory");
}

/* Leaves of `level` that lie in the range or stick into it. */
static inline uint64_t count_leaves(virt_addr_t va, uint64_t size, unsigned level)
{
    unsigned shift = PAGE_SHIFT + 9 * level;

    return ((va + size - 1) >> shift) - (va >> shift) + 1;
}

void tlb_flush_leaves(unsigned asid, virt_addr_t va, uint64_t size, unsigned level, bool tables)
{
    uint64_t tag = (uint64_t)asid << TTBR_ASID_SHIFT;
    uint64_t count = count_leaves(va, size, level);

    begin();
    if (count > ARCH_TLB_PAGES_MAX) {
        __asm__ volatile("tlbi aside1is, %0" : : "r"(tag) : "memory");
    } else if (tables) {
        FOR_PAGES("vae1is", tag | TLBI_OPERAND_VA(va), count, 1ull << (9 * level));
    } else {
        FOR_PAGES("vale1is", tag | TLBI_OPERAND_VA(va), count, 1ull << (9 * level));
    }
    finish();
}

void arch_tlb_flush_kernel(virt_addr_t va, uint64_t size, unsigned level, bool tables)
{
    uint64_t count = count_leaves(va, size, level);

    begin();
    if (count > ARCH_TLB_PAGES_MAX) {
        __asm__ volatile("tlbi vmalle1is" ::: "memory");
    } else if (tables) {
        FOR_PAGES("vaae1is", TLBI_OPERAND_VA(va), count, 1ull << (9 * level));
    } else {
        FOR_PAGES("vaale1is", TLBI_OPERAND_VA(va), count, 1ull << (9 * level));
    }
    finish();
}
