/* SPDX-License-Identifier: MIT */
/* A heap for host tests with several threads: counted, so that a leak shows, and made to fail. */
#ifndef TESTS_UNIT_FAKE_HEAP_H
#define TESTS_UNIT_FAKE_HEAP_H

#include <keel/heap.h>

/* Blocks handed out and not freed. */
size_t fake_heap_blocks(void);

/* From now on the nth allocation (1 is the next) fails; 0: none does. */
void fake_heap_fail_nth(unsigned n);

/* Whether the failure asked for has come. */
bool fake_heap_failed(void);

#endif
