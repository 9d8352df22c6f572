/* SPDX-License-Identifier: MIT */
/* For tests: fills floating-point registers with words and stores what they hold. */

/* FLD and FSD by their encoding, as in bsp/riscv64/cpu/fpu_regs.S. */
#define OPCODE_LOAD_FP  0x07
#define OPCODE_STORE_FP 0x27
#define WIDTH_D         3

    .text

.macro for_all op
    .irp n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31
    \op     \n
    .endr
.endm

.macro store_f n
    .insn s OPCODE_STORE_FP, WIDTH_D, x\n, 8 * \n(a0)
.endm

.macro load_f n
    .insn i OPCODE_LOAD_FP, WIDTH_D, x\n, 8 * \n(a0)
.endm

/* a0: 32 words. */
    .globl  fpu_test_fill
    .hidden fpu_test_fill
fpu_test_fill:
    for_all load_f
    ret

/* a0: room for 32 words. */
    .globl  fpu_test_read
    .hidden fpu_test_read
fpu_test_read:
    for_all store_f
    ret

    .section .note.GNU-stack, "", @progbits
