/* SPDX-License-Identifier: MIT */
/* Where a thread of the library starts: %rdi = what is known of it, %rsp = its stack, at a multiple of 16. */
    .text
    .globl  lib_thread_first
    .type   lib_thread_first, @function
lib_thread_first:
    xorl    %ebp, %ebp
    pushq   %rbp
    jmp     lib_thread_begin
    .size   lib_thread_first, . - lib_thread_first
    .section .note.GNU-stack, "", @progbits
