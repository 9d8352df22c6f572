/* SPDX-License-Identifier: MIT */
/* For tests: fills floating-point registers with words and stores what they hold. */
    .arch   armv8-a+fp+simd
    .text

.macro for_all
    .irp n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31
    one     \n
    .endr
.endm

/* How many words the registers are tested with. */
    .globl  fpu_test_words
fpu_test_words:
    mov     w0, #32
    ret

/* x0: 32 words, each for both halves of a register. */
    .globl  fpu_test_fill
fpu_test_fill:
.macro one n
    ldr     x1, [x0, #(8 * \n)]
    dup     v\n\().2d, x1
.endm
    for_all
    .purgem one
    ret

/* x0: room for 32 words: the upper halves, which are the same as the lower ones. */
    .globl  fpu_test_read
fpu_test_read:
.macro one n
    mov     x1, v\n\().d[1]
    str     x1, [x0, #(8 * \n)]
.endm
    for_all
    .purgem one
    ret
