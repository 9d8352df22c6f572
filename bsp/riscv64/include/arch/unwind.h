/* SPDX-License-Identifier: MIT */
/* Walks the frames that compilers build with -fno-omit-frame-pointer (RISC-V psABI, frame pointer
 * convention): the return address 8 bytes below the frame pointer, the caller's below that. */
#ifndef ARCH_UNWIND_H
#define ARCH_UNWIND_H

#include <keel/types.h>

struct trap_frame;

/* One frame outwards from (*pc, *fp). False at the end: no frame pointer, or one that is unaligned,
 * unreadable or does not rise. Never faults. */
bool arch_unwind(virt_addr_t *pc, virt_addr_t *fp);

/* The trap that the next backtrace starts from. A function that calls nothing saves no return
 * address, and one called through a bad pointer has no frame: both need its registers. */
void unwind_start_at(const struct trap_frame *frame);

#endif
