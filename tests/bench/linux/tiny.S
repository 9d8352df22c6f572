/* SPDX-License-Identifier: MIT */
/* A program that ends at once. */
    .global _start
_start:
#if defined(__x86_64__)
    movl $231, %eax
    xorl %edi, %edi
    syscall
#elif defined(__aarch64__)
    mov     x8, #94
    mov     x0, #0
    svc     #0
#else
    li      a7, 94
    li      a0, 0
    ecall
#endif
    .section .note.GNU-stack, "", %progbits
