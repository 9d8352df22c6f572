/* SPDX-License-Identifier: MIT */
/* Walking up the chain of frame pointers. */
#ifndef ARCH_UNWIND_H
#define ARCH_UNWIND_H

#include <keel/types.h>

/* One frame outwards: *pc becomes the return address, *fp the caller's frame pointer. False at the
 * end of the chain, or where it makes no sense; reads of garbage never fault. */
bool arch_unwind(virt_addr_t *pc, virt_addr_t *fp);

#endif
