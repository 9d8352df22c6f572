/* SPDX-License-Identifier: MIT */
/* User mode: U, 64 bits. */
#ifndef ARCH_USER_H
#define ARCH_USER_H

#include <arch/trap.h>
#include <keel/types.h>

/* What the header of a program's file must say (ELF e_machine). */
#define ARCH_ELF_MACHINE      243 /* EM_RISCV */

/* Where caller's frame pointer and return address lie, from a frame pointer (psABI, frame pointers). */
#define ARCH_USER_RECORD      (-16)

/* What the stack pointer of a program that starts is a multiple of. */
#define ARCH_USER_STACK_ALIGN 16u

/* Goes to user mode with two arguments in their registers and 0 in all others, once for each thread; what
 * lies on the thread's kernel stack is given up. Interrupts on. */
__noreturn void arch_user_enter(virt_addr_t pc, virt_addr_t sp, uint64_t first, uint64_t second);

/* Puts the record of the frame that a trap came in right: a function that calls none has
 * the caller's frame pointer where others have the return address. */
#define ARCH_USER_FRAME_MAX (1ul << 20)
static inline void arch_user_first_record(const struct trap_frame *frame, virt_addr_t fp,
                                          virt_addr_t record[2])
{
    if (record[1] > fp && record[1] - fp < ARCH_USER_FRAME_MAX) {
        record[0] = record[1];
        record[1] = frame->regs[TRAP_RA - 1];
    }
}

#endif
