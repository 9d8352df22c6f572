/* SPDX-License-Identifier: MIT */
/* A place in the mapping area lies in the free part it was found in, where it was asked to start, and is
 * the first such. */
#include "proof.h"

#include "../../core/vm/kmap_ranges.c"

typedef unsigned __int128 wide;

void proof_place_in(void)
{
    struct kmap_range range = {.start = nondet_u64(), .pages = nondet_u64()};
    uint64_t align = 1ull << (nondet_unsigned() % 40), skew = nondet_u64();
    size_t pages = nondet_u64();
    virt_addr_t at, other = nondet_u64();
    bool found;

    ASSUME(range.start % PAGE_SIZE == 0 && range.pages != 0 &&
           range.pages <= UINT64_MAX / PAGE_SIZE);
    ASSUME((wide)range.start + (wide)range.pages * PAGE_SIZE <= (wide)UINT64_MAX + 1);
    ASSUME(align >= PAGE_SIZE && skew % PAGE_SIZE == 0 && skew < align);
    ASSUME(pages != 0 && pages <= UINT64_MAX / PAGE_SIZE);
    found = place_in(&range, pages, align, skew, &at);
    if (found) {
        CLAIM(at >= range.start && at % align == skew);
        CLAIM((wide)at + (wide)pages * PAGE_SIZE <=
              (wide)range.start + (wide)range.pages * PAGE_SIZE);
    }
    /* Any other place is behind it, and there is none where none was found. */
    ASSUME(other >= range.start && other % align == skew);
    ASSUME((wide)other + (wide)pages * PAGE_SIZE <=
           (wide)range.start + (wide)range.pages * PAGE_SIZE);
    CLAIM(found && at <= other);
}
