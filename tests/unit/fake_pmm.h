/* SPDX-License-Identifier: MIT */
/* A page allocator and memory nodes for host tests of what stands on them. Safe for threads. */
#ifndef TESTS_UNIT_FAKE_PMM_H
#define TESTS_UNIT_FAKE_PMM_H

#include <keel/types.h>

#define FAKE_PMM_PAGES 8192u /* the upper half is node 1's; page 0 is never handed out */

/* All pages free, filled with anything. */
void fake_pmm_init(void);

size_t fake_pmm_used(void);

/* At most so many pages at once from here on. */
void fake_pmm_limit(size_t pages);

/* Every freed page is overwritten; whether this one is free. */
bool fake_pmm_is_free(const void *page);

/* The node that threads of the test run on. */
extern unsigned fake_node;

#endif
