/* SPDX-License-Identifier: MIT */
/* For tests: fills SSE registers with words, or AVX registers where they are on, and stores what they hold;
 * tries instructions on registers that a thread has not. */
#include <arch/extable_asm.h>

#define CR4_OSXSAVE_BIT 18
#define XCR0_AVX        (1 << 2)

    .text

.macro for_all op
    .irp n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
    \op     \n
    .endr
.endm

/* %eax = how many words the registers hold: 64 with AVX, else 32. Changes %ecx and %edx. */
    .globl fpu_test_words
    .hidden fpu_test_words
fpu_test_words:
    movq %cr4, %rax
    btl $CR4_OSXSAVE_BIT, %eax
    jnc 1f
    xorl %ecx, %ecx
    xgetbv
    testl $XCR0_AVX, %eax
    jz 1f
    movl $64, %eax
    ret
1:  movl $32, %eax
    ret

/* %rdi: so many words. */
    .globl fpu_test_fill
    .hidden fpu_test_fill
fpu_test_fill:
.macro fill n
    movups 16 * \n(%rdi), %xmm\n
.endm
.macro fill_avx n
    vmovups 32 * \n(%rdi), %ymm\n
.endm
    call fpu_test_words
    cmpl $64, %eax
    je 1f
    for_all fill
    ret
1:  for_all fill_avx
    ret

/* %rdi: room for so many words. */
    .globl fpu_test_read
    .hidden fpu_test_read
fpu_test_read:
.macro store n
    movups %xmm\n, 16 * \n(%rdi)
.endm
.macro store_avx n
    vmovups %ymm\n, 32 * \n(%rdi)
.endm
    call fpu_test_words
    cmpl $64, %eax
    je 1f
    for_all store
    ret
1:  for_all store_avx
    ret

/* %eax = how many trapped of an x87, an SSE and, where AVX is on, an AVX instruction. */
    .globl fpu_test_closed
    .hidden fpu_test_closed
fpu_test_closed:
    call fpu_test_words
    movl %eax, %ecx
    xorl %eax, %eax
1:  fld1
    jmp 3f
2:  incl %eax
3:
    EXTABLE 1b, 2b
4:  movups %xmm0, -24(%rsp)
    jmp 6f
5:  incl %eax
6:
    EXTABLE 4b, 5b
    cmpl $64, %ecx
    jne 9f
7:  vmovups %ymm0, -40(%rsp)
    jmp 9f
8:  incl %eax
9:  ret
    EXTABLE 7b, 8b

    .section .note.GNU-stack, "", @progbits
