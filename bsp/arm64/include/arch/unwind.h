/* SPDX-License-Identifier: MIT */
/* Walking the stack by frame records: {caller's frame pointer, return address} (AAPCS64, 6.4.6). */
#ifndef ARCH_UNWIND_H
#define ARCH_UNWIND_H

#include <keel/types.h>

/*
 * Goes one frame outwards: *pc becomes the return address, *fp the caller's frame pointer. Never
 * faults. False at the end: null or unaligned frame pointer, unreadable or not rising chain.
 */
bool arch_unwind(virt_addr_t *pc, virt_addr_t *fp);

#endif
