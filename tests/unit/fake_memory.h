/* SPDX-License-Identifier: MIT */
/* Pages and heap for host tests of what stands on them: counted, so that a leak shows, and made to
 * fail on request. */
#ifndef FAKE_MEMORY_H
#define FAKE_MEMORY_H

#include <keel/types.h>

#define FAKE_PAGES 8192u

/* Call first; then both counts are 0. */
void fake_memory_init(void);

/* Pages handed out and not freed, heap blocks likewise. */
size_t fake_pages_used(void);
size_t fake_blocks_used(void);

/* From now on the nth allocation (pages and heap alike, 1 is the next) fails; 0: none does. */
void fake_fail_nth(unsigned n);

/* Whether the failure asked for has come. */
bool fake_failed(void);

#endif
