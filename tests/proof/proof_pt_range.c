/* SPDX-License-Identifier: MIT */
/* The walker's arithmetic on addresses and ranges, for all of them, up to the last address. */
#include "proof.h"

#include "../../core/vm/pt.c"

typedef unsigned __int128 wide; /* wide enough for the end of a range that ends at 2^64 */

static struct page_table pt;

/* A table over any range of whole pages. */
static void any_table(void)
{
    pt.first = nondet_u64();
    pt.last = nondet_u64();
    pt.pa_last = nondet_u64();
    pt.max_leaf = nondet_unsigned();
    ASSUME(pt.first <= pt.last && pt.max_leaf <= 2);
    ASSUME(IS_ALIGNED(pt.first, PAGE_SIZE) && IS_ALIGNED(pt.last + 1, PAGE_SIZE));
    ASSUME(pt.first != 0 || pt.last != UINT64_MAX);
    ASSUME(pt.pa_last >> 56 == 0);
}

/* Indices and the offset make up the address again. */
void proof_indices(void)
{
    virt_addr_t va = nondet_u64();
    uint64_t sum = va & (PAGE_SIZE - 1);

    for (unsigned level = 0; level < 4; level++) {
        CLAIM(pt_index_of(va, level) < PT_ENTRIES);
        sum += pt_index_of(va, level) * pt_leaf_size(level);
    }
    CLAIM(sum == (va & (pt_leaf_size(4) - 1)));
}

/* Exactly the ranges that lie in the table are taken. */
void proof_covers(void)
{
    virt_addr_t va = nondet_u64();
    uint64_t size = nondet_u64();
    bool inside, whole_pages;

    any_table();
    inside = size != 0 && va >= pt.first && (wide)va + size <= (wide)pt.last + 1;
    whole_pages = va % PAGE_SIZE == 0 && size % PAGE_SIZE == 0;
    CLAIM(covers(&pt, va, size) == (inside && whole_pages));
}

void proof_can_hold(void)
{
    phys_addr_t pa = nondet_u64();
    uint64_t size = nondet_u64();
    uint32_t flags = nondet_u32();
    bool inside;

    any_table();
    ASSUME(size != 0);
    inside = (wide)pa + size <= (wide)pt.pa_last + 1 && pa % PAGE_SIZE == 0;
    CLAIM(can_hold(&pt, pa, size, flags) == (inside && (flags & 7) != 0));
}

/* A leaf of the level that is picked fits, one of the next does not. */
void proof_pick_level(void)
{
    virt_addr_t va = nondet_u64();
    phys_addr_t pa = nondet_u64();
    uint64_t size = nondet_u64();
    unsigned level;

    any_table();
    ASSUME(size >= PAGE_SIZE && va % PAGE_SIZE == 0 && pa % PAGE_SIZE == 0);
    level = pick_level(&pt, va, pa, size);
    CLAIM(level <= pt.max_leaf && size >= pt_leaf_size(level));
    CLAIM(va % pt_leaf_size(level) == 0 && pa % pt_leaf_size(level) == 0);
    if (level < pt.max_leaf) {
        uint64_t next = pt_leaf_size(level + 1);

        CLAIM(size < next || va % next != 0 || pa % next != 0);
    }
}

/* A run ends with its table or with the range, and the next one begins where it ends. */
void proof_runs(void)
{
    static pte_t table[PT_ENTRIES] __aligned(4096);
    virt_addr_t va = nondet_u64();
    uint64_t size = nondet_u64(), bytes, end;
    struct pt_place place = {.level = nondet_unsigned()};
    unsigned count;

    ASSUME(place.level < 4 && size != 0 && (wide)va + size <= (wide)UINT64_MAX + 1);
    ASSUME(va % PAGE_SIZE == 0 && size % PAGE_SIZE == 0);
    place.entry = &table[pt_index_of(va, place.level)];
    ASSUME(pt_index(place.entry) == pt_index_of(va, place.level)); /* tables are aligned */
    count = pt_run_length(&place, va, size);
    CLAIM(count >= 1 && count <= PT_ENTRIES - pt_index_of(va, place.level));
    bytes = pt_run_bytes(&place, count, va, size);
    end = va + bytes;
    CLAIM(bytes >= 1 && bytes <= size);
    CLAIM(bytes == size || end % pt_leaf_size(place.level + 1) == 0);
}
