/* SPDX-License-Identifier: MIT */
/* For tests: waits for an interrupt with hardly any stack left. */
    .text

/* x0: stack pointer. Does not return. */
    .globl  test_wait_at_the_brim
test_wait_at_the_brim:
    mov     sp, x0
1:  wfi
    b       1b
