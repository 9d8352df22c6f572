/* SPDX-License-Identifier: MIT */
/* The context switch (RISC-V psABI): ra, s0 to s11 and sp; floating point belongs to user threads
 * alone, see arch/fpu.h. */
#include <generated/asm-offsets.h>

.macro for_saved op
    \op     ra, 0(sp)
    \op     s0, 8(sp)
    \op     s1, 16(sp)
    \op     s2, 24(sp)
    \op     s3, 32(sp)
    \op     s4, 40(sp)
    \op     s5, 48(sp)
    \op     s6, 56(sp)
    \op     s7, 64(sp)
    \op     s8, 72(sp)
    \op     s9, 80(sp)
    \op     s10, 88(sp)
    \op     s11, 96(sp)
.endm

    .text

/* a0 = where to save the stack pointer, a1 = where to load it, a2 = what to return there. */
    .globl  arch_context_switch
    .hidden arch_context_switch
    .type   arch_context_switch, @function
    .balign 64
arch_context_switch:
    addi    sp, sp, -CONTEXT_SIZE
    for_saved sd
    sd      sp, 0(a0)
    ld      sp, 0(a1)
    for_saved ld
    addi    sp, sp, CONTEXT_SIZE
    mv      a0, a2
    ret

/* Where a new thread's context returns to: a0 = the thread that was left. Ends stack walks. */
    .globl  thread_trampoline
    .hidden thread_trampoline
    .type   thread_trampoline, @function
thread_trampoline:
    li      ra, 0
    tail    thread_begin

    .section .note.GNU-stack, "", @progbits
