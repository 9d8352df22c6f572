/* SPDX-License-Identifier: MIT */
/* Page faults on addresses of the user half, as the ports report them (V5). */
#ifndef KEEL_FAULT_H
#define KEEL_FAULT_H

#include <keel/types.h>

#define FAULT_READ    (1u << 0)
#define FAULT_WRITE   (1u << 1)
#define FAULT_EXEC    (1u << 2)
#define FAULT_PRESENT (1u << 3) /* a translation was there: it is about permission */
#define FAULT_USER    (1u << 4) /* from user mode */

/*
 * Called by the trap code, interrupts off, for a page fault at an address below USER_TOP: from user
 * mode, or from kernel code that may touch user pages just then. True: resume at the pc. False: the
 * access's fix-up, or a panic.
 */
bool vm_handle_fault(virt_addr_t address, virt_addr_t pc, uint32_t flags);

#endif
