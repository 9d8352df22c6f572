/* SPDX-License-Identifier: MIT */
/* The context switch (AAPCS64, 6.1.1): x19 to x30 and sp; d8 to d15 belong to user threads alone, see
 * arch/fpu.h. */
#include <generated/asm-offsets.h>

    .text

/* x0 = where to save the stack pointer, x1 = where to load it, x2 = what to return there. */
    .globl  arch_context_switch
    .type   arch_context_switch, %function
    .balign 64
arch_context_switch:
    stp     x29, x30, [sp, #-CONTEXT_SIZE]!
    stp     x19, x20, [sp, #16]
    stp     x21, x22, [sp, #32]
    stp     x23, x24, [sp, #48]
    stp     x25, x26, [sp, #64]
    stp     x27, x28, [sp, #80]
    mov     x3, sp
    str     x3, [x0]
    ldr     x3, [x1]
    mov     sp, x3
    ldp     x19, x20, [sp, #16]
    ldp     x21, x22, [sp, #32]
    ldp     x23, x24, [sp, #48]
    ldp     x25, x26, [sp, #64]
    ldp     x27, x28, [sp, #80]
    ldp     x29, x30, [sp], #CONTEXT_SIZE
    mov     x0, x2
    ret

/* Where a new thread's context returns to: x0 = the thread that was left. Ends stack walks. */
    .globl  thread_trampoline
    .type   thread_trampoline, %function
thread_trampoline:
    mov     x30, xzr
    b       thread_begin
