/* SPDX-License-Identifier: MIT */
/* User mode: U, 64 bits. */
#ifndef ARCH_USER_H
#define ARCH_USER_H

#include <keel/types.h>

/* What the header of a program's file must say (ELF e_machine). */
#define ARCH_ELF_MACHINE      243 /* EM_RISCV */

/* Where caller's frame pointer and return address lie, from a frame pointer (psABI, frame pointers). */
#define ARCH_USER_RECORD      (-16)

/* What the stack pointer of a program that starts is a multiple of. */
#define ARCH_USER_STACK_ALIGN 16u

/* Goes to user mode with an argument in the first register and 0 in all others, once for each thread; what
 * lies on the thread's kernel stack is given up. Interrupts on. */
__noreturn void arch_user_enter(virt_addr_t pc, virt_addr_t sp, uint64_t argument);

#endif
