/* SPDX-License-Identifier: MIT */
/* Every format gives back what it was made of, whatever address, level and flags it is given, and tells
 * leaves, tables and absent entries apart by the data that the walker uses. */
/* cbmc: bsp/arm64/vm/format.c bsp/riscv64/vm/format.c bsp/x86_64/vm/format.c bsp/x86_64/vm/ept.c */
#include "proof.h"

#include "../../bsp/arm64/vm/format.h"
#include "../../bsp/riscv64/vm/format.h"
#include "../../bsp/x86_64/include/arch/pte.h"
#include "../../bsp/x86_64/vm/format.h"
#include "../../core/vm/pt_walk.h"

#define ALL_FLAGS (VM_READ | VM_WRITE | VM_EXEC | VM_USER | VM_GLOBAL | VM_MEM_MASK)

struct pte_limits pte_limits = {.nx = 1ull << 63, .max_leaf = 2};
static uint64_t pbmt_mask;

uint64_t arch_pte_pbmt_mask(void);
uint64_t arch_pte_pbmt_mask(void)
{
    return pbmt_mask;
}

/* Any flags that mappings have: a right at least, one of the five memory types. */
static uint32_t any_flags(void)
{
    uint32_t flags = nondet_u32();

    ASSUME((flags & ~ALL_FLAGS) == 0);
    ASSUME((flags & (VM_READ | VM_WRITE | VM_EXEC)) != 0);
    ASSUME((flags & VM_MEM_MASK) <= VM_WRITE_THROUGH);
    return flags;
}

static phys_addr_t any_address(const struct pt_format *format, unsigned level)
{
    phys_addr_t pa = nondet_u64();

    ASSUME(pa >> format->pa_bits == 0 && IS_ALIGNED(pa, pt_leaf_size(level)));
    return pa;
}

/* What the format has no bits for: it reads whatever it allows, RISC-V what it writes. */
static uint32_t as_kept(const struct pt_format *format, uint32_t flags)
{
    bool riscv = format == &pt_format_sv39 || format == &pt_format_sv48;

    if (!riscv) {
        return flags | VM_READ;
    }
    flags |= (flags & VM_WRITE) != 0 ? VM_READ : 0;
    if ((flags & VM_MEM_MASK) == VM_WRITE_THROUGH) {
        flags = (flags & ~VM_MEM_MASK) | VM_UNCACHED;
    }
    return flags;
}

static void check_leaf(const struct pt_format *format)
{
    unsigned level = nondet_unsigned();
    uint32_t flags = any_flags();
    pte_t leaf, next;
    phys_addr_t pa;

    ASSUME(level <= format->max_leaf);
    pa = any_address(format, level);
    leaf = format->leaf(pa, level, flags);
    CLAIM(pt_is_present(format, leaf));
    CLAIM(pt_is_leaf(format, leaf, level) && !pt_is_table(format, leaf, level));
    CLAIM(pt_leaf_address(format, leaf, level) == pa);
    CLAIM(format->flags(leaf, level) == as_kept(format, flags));
    CLAIM(format->leaf(pa, level, format->flags(leaf, level)) == leaf);

    /* The walker counts addresses up without asking, and takes the address out with the mask. */
    ASSUME((pa + pt_leaf_size(level)) >> format->pa_bits == 0);
    next = format->leaf(pa + pt_leaf_size(level), level, flags);
    CLAIM(next - leaf == pt_leaf_size(level) >> format->address_shift);
    CLAIM(((leaf ^ next) & ~format->address_mask) == 0);
    CLAIM((format->keep_mask & format->address_mask) == 0);
}

/* What hardware sets changes neither kind, address nor flags. */
static void check_kept_bits(const struct pt_format *format)
{
    unsigned level = nondet_unsigned();
    pte_t set = nondet_u64() & format->keep_mask, leaf;

    ASSUME(level <= format->max_leaf);
    leaf = format->leaf(any_address(format, level), level, any_flags());
    CLAIM(pt_is_leaf(format, leaf | set, level));
    CLAIM(pt_leaf_address(format, leaf | set, level) == pt_leaf_address(format, leaf, level));
    CLAIM(format->flags(leaf | set, level) == format->flags(leaf, level));
}

static void check_table(const struct pt_format *format)
{
    phys_addr_t pa = any_address(format, 0), number = nondet_u64();
    unsigned level = nondet_unsigned();
    pte_t table = format->table(pa);

    ASSUME(level > 0 && level < format->levels);
    CLAIM(pt_is_present(format, table) && pt_is_table(format, table, level));
    CLAIM(!pt_is_leaf(format, table, level));
    CLAIM(pt_table_address(format, table) == pa);
    CLAIM(!pt_is_present(format, 0) && !pt_is_table(format, 0, level));
    ASSUME(IS_ALIGNED(number, PAGE_SIZE));
    CLAIM(!pt_is_present(format, number));
}

static void check_format(const struct pt_format *format)
{
    check_leaf(format);
    check_kept_bits(format);
    check_table(format);
}

void proof_arm64(void)
{
    check_format(&pt_format_arm64);
}

void proof_sv39(void)
{
    pbmt_mask = nondet_bool() ? 3 : 0;
    check_format(&pt_format_sv39);
}

void proof_sv48(void)
{
    pbmt_mask = nondet_bool() ? 3 : 0;
    check_format(&pt_format_sv48);
}

void proof_x86_64(void)
{
    check_format(nondet_bool() ? &pt_format_x86_64 : &pt_format_x86_64_2m);
}

void proof_ept(void)
{
    check_format(&pt_format_ept);
}
