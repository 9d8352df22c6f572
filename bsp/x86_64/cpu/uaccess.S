/* SPDX-License-Identifier: MIT */
/* Accesses that may fault (arch/uaccess.h); the trap handler resumes at the fix-up. */
#include <arch/extable_asm.h>
#include <keel/errno.h>

/* To the access at the label named as the width in %esi; the one of 8 bytes follows. */
.macro BY_WIDTH
    cmpl $1, %esi
    je 1f
    cmpl $2, %esi
    je 2f
    cmpl $4, %esi
    je 4f
    cmpl $8, %esi
    jne bad_width
.endm

.macro EXTABLE_WIDTHS
    EXTABLE 1b, bad_access
    EXTABLE 2b, bad_access
    EXTABLE 4b, bad_access
    EXTABLE 8b, bad_access
.endm

    .text

/* %rdi = to, %rsi = from, %rdx = bytes; eight at a time, then what is left */
    .globl arch_copy_nofault
    .hidden arch_copy_nofault
    .type arch_copy_nofault, @function
arch_copy_nofault:
    movq %rdx, %rcx
    shrq $3, %rcx
1:  rep movsq
    testl $4, %edx
    jz 4f
2:  movl (%rsi), %eax
3:  movl %eax, (%rdi)
    addq $4, %rsi
    addq $4, %rdi
4:  movl %edx, %ecx
    xorl %eax, %eax
    andl $3, %ecx
    jz 6f
5:  rep movsb
6:  ret
    EXTABLE 1b, bad_access
    EXTABLE 2b, bad_access
    EXTABLE 3b, bad_access
    EXTABLE 5b, bad_access
    .size arch_copy_nofault, . - arch_copy_nofault

/* %rdi = address, %esi = width, %rdx = where the value goes */
    .globl arch_read_nofault
    .hidden arch_read_nofault
    .type arch_read_nofault, @function
arch_read_nofault:
    BY_WIDTH
8:  movq (%rdi), %rax
    jmp 5f
4:  movl (%rdi), %eax
    jmp 5f
2:  movzwl (%rdi), %eax
    jmp 5f
1:  movzbl (%rdi), %eax
5:  movq %rax, (%rdx)
    xorl %eax, %eax
    ret
    EXTABLE_WIDTHS
    .size arch_read_nofault, . - arch_read_nofault

/* %rdi = address, %esi = width, %rdx = value */
    .globl arch_write_nofault
    .hidden arch_write_nofault
    .type arch_write_nofault, @function
arch_write_nofault:
    xorl %eax, %eax
    BY_WIDTH
8:  movq %rdx, (%rdi)
    ret
4:  movl %edx, (%rdi)
    ret
2:  movw %dx, (%rdi)
    ret
1:  movb %dl, (%rdi)
    ret
    EXTABLE_WIDTHS
    .size arch_write_nofault, . - arch_write_nofault

bad_access:
    movl $-EFAULT, %eax
    ret

bad_width:
    movl $-EINVAL, %eax
    ret

    .section .note.GNU-stack, "", @progbits
