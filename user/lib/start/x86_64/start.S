/* SPDX-License-Identifier: MIT */
/* Where a program starts: %rdi = handle of its channel, %rsi = the vDSO,
 * %rsp = a stack that is empty, so that stack walks end. */
    .text
    .globl _start
    .type _start, @function
_start:
    xorl %ebp, %ebp
    pushq %rbp
    jmp start
    .size _start, . - _start
    .section .note.GNU-stack, "", @progbits
