/* SPDX-License-Identifier: MIT */
/* For tests: waits for an interrupt with hardly any stack left. */
    .text

/* a0: stack pointer. Does not return. */
    .globl  test_wait_at_the_brim
    .hidden test_wait_at_the_brim
test_wait_at_the_brim:
    mv      sp, a0
1:  wfi
    j       1b

    .section .note.GNU-stack, "", @progbits
