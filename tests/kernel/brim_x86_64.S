/* SPDX-License-Identifier: MIT */
/* For tests: waits for an interrupt with hardly any stack left. */
    .text

/* %rdi: stack pointer. Does not return. */
    .globl test_wait_at_the_brim
    .hidden test_wait_at_the_brim
test_wait_at_the_brim:
    movq %rdi, %rsp
1:  hlt
    jmp 1b

    .section .note.GNU-stack, "", @progbits
