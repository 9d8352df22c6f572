/* SPDX-License-Identifier: MIT */
/*
 * memcpy and memmove. Short areas are loaded whole before anything is stored, so both share them;
 * long ones go through the string instructions.
 *
 * rdi: dst, rsi: src, rdx: n; returns dst in rax. Uses rcx, r8-r11. The direction flag is clear.
 */
#include <arch/alternative.h>

    .text

    .globl memcpy
    .type memcpy, @function
    .balign 16
memcpy:
    movq %rdi, %rax
    cmpq $32, %rdx
    jbe .Lshort

/* n >= 8. Areas may overlap when dst is below src: words are copied upwards, all but the last one
 * to eight bytes, and the last word of the area is loaded before any store. */
.Lcopy_up:
    movq -8(%rsi, %rdx), %r8
    leaq -1(%rdx), %rcx
    ALT_BEGIN
    shrq $3, %rcx
    rep movsq
    ALT_ELSE CPU_FEATURE_ERMS
    rep movsb
    ALT_END
    movq %r8, -8(%rax, %rdx)
    ret

.Lshort:
    cmpl $16, %edx
    ja .Lfrom_17_to_32
    cmpl $8, %edx
    jae .Lfrom_8_to_16
    cmpl $4, %edx
    jae .Lfrom_4_to_7
    testl %edx, %edx
    je .Ldone
    /* 1 to 3: the first, the middle and the last byte are all there are */
    movl %edx, %ecx
    shrl $1, %ecx
    movzbl (%rsi), %r8d
    movzbl (%rsi, %rcx), %r9d
    movzbl -1(%rsi, %rdx), %r10d
    movb %r8b, (%rdi)
    movb %r9b, (%rdi, %rcx)
    movb %r10b, -1(%rdi, %rdx)
.Ldone:
    ret

.Lfrom_4_to_7:
    movl (%rsi), %r8d
    movl -4(%rsi, %rdx), %r9d
    movl %r8d, (%rdi)
    movl %r9d, -4(%rdi, %rdx)
    ret

.Lfrom_8_to_16:
    movq (%rsi), %r8
    movq -8(%rsi, %rdx), %r9
    movq %r8, (%rdi)
    movq %r9, -8(%rdi, %rdx)
    ret

.Lfrom_17_to_32:
    movq (%rsi), %r8
    movq 8(%rsi), %r9
    movq -16(%rsi, %rdx), %r10
    movq -8(%rsi, %rdx), %r11
    movq %r8, (%rdi)
    movq %r9, 8(%rdi)
    movq %r10, -16(%rdi, %rdx)
    movq %r11, -8(%rdi, %rdx)
    ret
    .size memcpy, . - memcpy

    .globl memmove
    .type memmove, @function
    .balign 16
memmove:
    movq %rdi, %rax
    cmpq $32, %rdx
    jbe .Lshort
    movq %rdi, %rcx
    subq %rsi, %rcx
    cmpq %rdx, %rcx
    jae .Lcopy_up

    /* dst lies inside src: 32 bytes at a time from the end down, the first 32 of all kept back */
    movq (%rsi), %r8
    movq 8(%rsi), %r9
    movq 16(%rsi), %r10
    movq 24(%rsi), %r11
    pushq %r8
    pushq %r9
    pushq %r10
    pushq %r11
.Lcopy_down:
    movq -8(%rsi, %rdx), %r8
    movq -16(%rsi, %rdx), %r9
    movq -24(%rsi, %rdx), %r10
    movq -32(%rsi, %rdx), %r11
    movq %r8, -8(%rdi, %rdx)
    movq %r9, -16(%rdi, %rdx)
    movq %r10, -24(%rdi, %rdx)
    movq %r11, -32(%rdi, %rdx)
    subq $32, %rdx
    cmpq $32, %rdx
    ja .Lcopy_down
    popq 24(%rdi)
    popq 16(%rdi)
    popq 8(%rdi)
    popq (%rdi)
    ret
    .size memmove, . - memmove

    .section .note.GNU-stack, "", @progbits
