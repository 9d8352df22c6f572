/* SPDX-License-Identifier: MIT */
/* A page of zeros that nobody writes: what memory reads as that has not been written, and a page table that
 * translates nothing. */
#ifndef KEEL_ZERO_PAGE_H
#define KEEL_ZERO_PAGE_H

#include <arch/layout.h>
#include <keel/types.h>

extern const uint8_t zero_page[PAGE_SIZE];

#endif
