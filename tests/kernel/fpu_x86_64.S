/* SPDX-License-Identifier: MIT */
/* For tests: fills SSE registers with words and stores what they hold, two words each. */
    .text

.macro for_all op
    .irp n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
    \op     \n
    .endr
.endm

/* %rdi: 32 words. */
    .globl fpu_test_fill
    .hidden fpu_test_fill
fpu_test_fill:
.macro fill n
    movups 16 * \n(%rdi), %xmm\n
.endm
    for_all fill
    ret

/* %rdi: room for 32 words. */
    .globl fpu_test_read
    .hidden fpu_test_read
fpu_test_read:
.macro store n
    movups %xmm\n, 16 * \n(%rdi)
.endm
    for_all store
    ret

    .section .note.GNU-stack, "", @progbits
