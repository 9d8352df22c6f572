/* SPDX-License-Identifier: MIT */
/*
 * memset. Stores may overlap each other, so ends of any length take no loop.
 *
 * rdi: dst, esi: c, rdx: n; returns dst in rax. Uses rcx, r8, r9. The direction flag is clear.
 */
#include <arch/alternative.h>

    .text

    .globl memset
    .type memset, @function
    .balign 16
memset:
    movq %rdi, %r9
    movzbl %sil, %esi
    movabsq $0x0101010101010101, %rax
    imulq %rsi, %rax
    cmpq $32, %rdx
    jbe .Lshort
    /* the last word of the area, then words from its beginning, all but the last one to eight
     * bytes */
    movq %rax, -8(%rdi, %rdx)
    leaq -1(%rdx), %rcx
    ALT_BEGIN
    shrq $3, %rcx
    rep stosq
    ALT_ELSE CPU_FEATURE_ERMS
    rep stosb
    ALT_END
    movq %r9, %rax
    ret

.Lshort:
    cmpl $8, %edx
    jae .Lfrom_8_to_32
    cmpl $4, %edx
    jae .Lfrom_4_to_7
    testl %edx, %edx
    je .Ldone
    movl %edx, %ecx
    shrl $1, %ecx
    movb %al, (%rdi)
    movb %al, (%rdi, %rcx)
    movb %al, -1(%rdi, %rdx)
.Ldone:
    movq %r9, %rax
    ret

.Lfrom_4_to_7:
    movl %eax, (%rdi)
    movl %eax, -4(%rdi, %rdx)
    movq %r9, %rax
    ret

.Lfrom_8_to_32:
    movq %rax, (%rdi)
    movq %rax, -8(%rdi, %rdx)
    cmpl $16, %edx
    jbe .Ldone
    movq %rax, 8(%rdi)
    movq %rax, -16(%rdi, %rdx)
    movq %r9, %rax
    ret
    .size memset, . - memset

    .section .note.GNU-stack, "", @progbits
