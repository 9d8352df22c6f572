/* SPDX-License-Identifier: MIT */
/* The context switch (System V psABI, 3.2.1): rbx, rbp, r12 to r15 and rsp; x87 and SSE belong to user
 * threads alone, see arch/fpu.h. */

    .text

/* %rdi = where to save the stack pointer, %rsi = where to load it, %rdx = what to return there. */
    .globl arch_context_switch
    .hidden arch_context_switch
    .type arch_context_switch, @function
    .balign 64
arch_context_switch:
    pushq %rbp
    pushq %rbx
    pushq %r12
    pushq %r13
    pushq %r14
    pushq %r15
    movq %rsp, (%rdi)
    movq (%rsi), %rsp
    popq %r15
    popq %r14
    popq %r13
    popq %r12
    popq %rbx
    popq %rbp
    movq %rdx, %rax
    ret
    .size arch_context_switch, . - arch_context_switch

/* Where a new thread's context returns to: %rax = the thread that was left, on the stack an address of
 * nowhere to return to, which ends stack walks. */
    .globl thread_trampoline
    .hidden thread_trampoline
    .type thread_trampoline, @function
thread_trampoline:
    movq %rax, %rdi
    jmp thread_begin
    .size thread_trampoline, . - thread_trampoline

    .section .note.GNU-stack, "", @progbits
