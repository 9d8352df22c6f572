/* SPDX-License-Identifier: MIT */
/* Table walks as the manuals tell them, one for each format. */
#include "pt_walkers.h"

#define BIT(n)           (1ull << (n))
#define FIELD(x, hi, lo) ((x) >> (lo) & ((1ull << ((hi) - (lo) + 1)) - 1))

bool hw_has_svpbmt;

/* Indexes a table with the 9 bits of va from `low` up, and takes notes. */
static uint64_t *step(struct hw_leaf *leaf, uint64_t table, uint64_t va, unsigned low,
                      hw_read_fn *read)
{
    leaf->tables[leaf->depth++] = table;
    leaf->size = 1ull << low;
    return read(table + FIELD(va, low + 8, low) * 8);
}

/*
 * Arm ARM DDI 0487, D8.2 and D8.3: four lookups of 9 bits from bit 47 down, levels 0 to 3. Bits 1:0 are
 * 11 for a table (levels 0 to 2) or page (level 3), 01 for a block (levels 1 and 2), x0 invalid.
 */
static bool arm64_attributes(uint64_t d, struct hw_leaf *leaf)
{
    /* What MAIR_EL1 is programmed with: DDI 0487, D19.2.100. */
    static const enum hw_memory mair[8] = {
        HW_WRITE_BACK, HW_DEVICE, HW_NON_CACHEABLE, HW_NON_CACHEABLE, HW_WRITE_THROUGH,
    };
    unsigned ap = FIELD(d, 7, 6);
    bool uxn = d & BIT(54), pxn = d & BIT(53);

    leaf->memory = mair[FIELD(d, 4, 2)];
    leaf->user = (ap & 1) != 0;
    leaf->read = true;
    leaf->write = (ap & 2) == 0;
    leaf->exec = leaf->user ? !uxn : !pxn;
    leaf->global = (d & BIT(11)) == 0;
    leaf->accessed = (d & BIT(10)) != 0;
    leaf->dirty = leaf->write;
    if (FIELD(d, 4, 2) > 4 || !leaf->accessed || (d & BIT(5)) != 0) {
        return false; /* undefined attributes, access flag fault, NS is not ours to set */
    }
    if (FIELD(d, 52, 48) != 0 || FIELD(d, 9, 8) != 3) {
        return false; /* contiguous, dirty modifier, guarded; inner shareable */
    }
    return leaf->user ? pxn : uxn; /* nobody executes what is the other's */
}

enum hw_result hw_walk_arm64(uint64_t root, uint64_t va, hw_read_fn *read, struct hw_leaf *leaf)
{
    uint64_t table = root;

    leaf->depth = 0;
    for (int level = 0; level <= 3; level++) {
        unsigned low = 39 - 9 * (unsigned)level;
        uint64_t *place = step(leaf, table, va, low, read), d = *place;

        if ((d & 1) == 0) {
            return HW_FAULT;
        }
        if (level < 3 && (d & 2) != 0) {
            if (FIELD(d, 63, 59) != 0 || FIELD(d, 51, 48) != 0) {
                return HW_MALFORMED;
            }
            table = FIELD(d, 47, 12) << 12;
            continue;
        }
        if (level == 0 || (level == 3 && (d & 2) == 0)) {
            return HW_MALFORMED;
        }
        leaf->entry = place;
        leaf->size = 1ull << low;
        leaf->pa = FIELD(d, 47, low) << low;
        if (level < 3 && FIELD(d, low - 1, 12) != 0) {
            return HW_MALFORMED;
        }
        return arm64_attributes(d, leaf) ? HW_LEAF : HW_MALFORMED;
    }
    return HW_MALFORMED;
}

/*
 * Privileged Architecture 10.3.2: V=0 or R=0 with W=1 faults; R or X set is a leaf, whose lower PPN
 * fields must be zero; else a pointer, in which D, A, U, N and PBMT are reserved.
 */
static enum hw_result riscv_leaf(uint64_t pte, unsigned level, struct hw_leaf *leaf)
{
    unsigned low = 12 + 9 * level, pbmt = FIELD(pte, 62, 61);

    leaf->size = 1ull << low;
    leaf->pa = FIELD(pte, 53, 10) << 12;
    leaf->read = (pte & BIT(1)) != 0;
    leaf->write = (pte & BIT(2)) != 0;
    leaf->exec = (pte & BIT(3)) != 0;
    leaf->user = (pte & BIT(4)) != 0;
    leaf->global = (pte & BIT(5)) != 0;
    leaf->accessed = (pte & BIT(6)) != 0;
    leaf->dirty = (pte & BIT(7)) != 0 && leaf->write;
    leaf->memory = !hw_has_svpbmt ? HW_BY_PHYSICAL_ATTRIBUTES
                   : pbmt == 0    ? HW_WRITE_BACK
                   : pbmt == 1    ? HW_NON_CACHEABLE
                                  : HW_DEVICE;
    if (leaf->pa % leaf->size != 0 || !leaf->accessed || (leaf->write && (pte & BIT(7)) == 0)) {
        return HW_MALFORMED; /* misaligned superpage; Svade faults on clear A and D */
    }
    return pbmt == 3 || (pbmt != 0 && !hw_has_svpbmt) ? HW_MALFORMED : HW_LEAF;
}

static enum hw_result riscv_walk(uint64_t root, uint64_t va, unsigned levels, hw_read_fn *read,
                                 struct hw_leaf *leaf)
{
    uint64_t a = root;

    leaf->depth = 0;
    for (unsigned i = levels; i-- > 0;) {
        unsigned low = 12 + 9 * i;
        uint64_t *place = step(leaf, a, va, low, read), pte = *place;

        if ((pte & BIT(0)) == 0) {
            return HW_FAULT;
        }
        if (FIELD(pte, 63, 63) != 0 || FIELD(pte, 60, 54) != 0 || FIELD(pte, 3, 1) == 2 ||
            FIELD(pte, 3, 1) == 6) {
            return HW_MALFORMED;
        }
        if (FIELD(pte, 3, 1) != 0) {
            leaf->entry = place;
            return riscv_leaf(pte, i, leaf);
        }
        if ((pte & (BIT(4) | BIT(6) | BIT(7))) != 0 || FIELD(pte, 62, 61) != 0) {
            return HW_MALFORMED;
        }
        a = FIELD(pte, 53, 10) << 12;
    }
    return HW_MALFORMED;
}

enum hw_result hw_walk_sv39(uint64_t root, uint64_t va, hw_read_fn *read, struct hw_leaf *leaf)
{
    return riscv_walk(root, va, 3, read, leaf);
}

enum hw_result hw_walk_sv48(uint64_t root, uint64_t va, hw_read_fn *read, struct hw_leaf *leaf)
{
    return riscv_walk(root, va, 4, read, leaf);
}

/* Intel SDM volume 3, 4.5.4 and tables 4-15 to 4-20; 4.9.2 for the PAT, 4.6 for rights. */
static enum hw_result x86_leaf(uint64_t e, unsigned low, struct hw_leaf *leaf)
{
    /* What IA32_PAT is programmed with. */
    static const enum hw_memory pat[8] = {
        HW_WRITE_BACK, HW_WRITE_COMBINING, HW_NON_CACHEABLE, HW_DEVICE,
        HW_WRITE_BACK, HW_WRITE_THROUGH,   HW_NON_CACHEABLE, HW_DEVICE,
    };
    unsigned pat_bit = low == 12 ? 7 : 12;

    leaf->size = 1ull << low;
    leaf->pa = FIELD(e, 51, low) << low;
    leaf->memory = pat[FIELD(e, 4, 3) | FIELD(e, pat_bit, pat_bit) << 2];
    leaf->global = (e & BIT(8)) != 0;
    leaf->accessed = (e & BIT(5)) != 0;
    leaf->dirty = (e & BIT(6)) != 0;
    return low > 12 && FIELD(e, low - 1, 13) != 0 ? HW_MALFORMED : HW_LEAF;
}

enum hw_result hw_walk_x86_64(uint64_t root, uint64_t va, hw_read_fn *read, struct hw_leaf *leaf)
{
    bool write = true, user = true, exec = true;
    uint64_t table = root;

    leaf->depth = 0;
    for (unsigned low = 39; low >= 12; low -= 9) {
        uint64_t *place = step(leaf, table, va, low, read), e = *place;

        if ((e & BIT(0)) == 0) {
            return HW_FAULT;
        }
        write &= (e & BIT(1)) != 0;
        user &= (e & BIT(2)) != 0;
        exec &= (e & BIT(63)) == 0;
        if (low == 39 && (e & BIT(7)) != 0) {
            return HW_MALFORMED;
        }
        if (low == 12 || (e & BIT(7)) != 0) {
            leaf->entry = place;
            leaf->read = true;
            leaf->write = write;
            leaf->user = user;
            leaf->exec = exec;
            return x86_leaf(e, low, leaf);
        }
        table = FIELD(e, 51, 12) << 12;
    }
    return HW_MALFORMED;
}

/* Intel SDM volume 3, 28.3.2 and tables 28-1 to 28-7; 28.3.3.1 for misconfigurations. */
static enum hw_result ept_leaf(uint64_t e, unsigned low, struct hw_leaf *leaf)
{
    static const int types[8] = {HW_DEVICE, HW_WRITE_COMBINING, -1, -1, HW_WRITE_THROUGH,
                                 -1,        HW_WRITE_BACK,      -1};
    int type = types[FIELD(e, 5, 3)];

    leaf->size = 1ull << low;
    leaf->pa = FIELD(e, 51, low) << low;
    leaf->accessed = (e & BIT(8)) != 0;
    leaf->dirty = (e & BIT(9)) != 0;
    leaf->memory = (enum hw_memory)type;
    leaf->user = leaf->global = false;
    return type < 0 || (low > 12 && FIELD(e, low - 1, 12) != 0) ? HW_MALFORMED : HW_LEAF;
}

enum hw_result hw_walk_ept(uint64_t root, uint64_t va, hw_read_fn *read, struct hw_leaf *leaf)
{
    unsigned rights = 7;
    uint64_t table = root;

    leaf->depth = 0;
    for (unsigned low = 39; low >= 12; low -= 9) {
        uint64_t *place = step(leaf, table, va, low, read), e = *place;

        if (FIELD(e, 2, 0) == 0) {
            return HW_FAULT;
        }
        if (FIELD(e, 2, 0) == 2 || FIELD(e, 2, 0) == 6 || FIELD(e, 2, 0) == 4) {
            return HW_MALFORMED; /* writable but not readable; execute-only not supported */
        }
        rights &= FIELD(e, 2, 0);
        if (low == 12 || (low < 39 && (e & BIT(7)) != 0)) {
            leaf->entry = place;
            leaf->read = rights & 1;
            leaf->write = rights & 2;
            leaf->exec = rights & 4;
            return ept_leaf(e, low, leaf);
        }
        if (FIELD(e, 7, 3) != 0) {
            return HW_MALFORMED;
        }
        table = FIELD(e, 51, 12) << 12;
    }
    return HW_MALFORMED;
}
