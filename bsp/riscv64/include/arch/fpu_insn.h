/* SPDX-License-Identifier: MIT */
/*
 * For assembly: all of f0 to f31 to memory and back. The kernel is built for harts without them, and
 * not every assembler takes another architecture in the middle: FLD and FSD (Unprivileged ISA, D)
 * stand here by their encoding.
 */
#ifndef ARCH_FPU_INSN_H
#define ARCH_FPU_INSN_H

#define OPCODE_LOAD_FP  0x07
#define OPCODE_STORE_FP 0x27
#define WIDTH_D         3

/* clang-format off */
.macro store_f n
    .insn s OPCODE_STORE_FP, WIDTH_D, x\n, 8 * \n(a0)
.endm

.macro load_f n
    .insn i OPCODE_LOAD_FP, WIDTH_D, x\n, 8 * \n(a0)
.endm

/* `op`, store_f or load_f, on all; a0: 32 words. */
.macro for_all_f op
    .irp n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31
    \op     \n
    .endr
.endm
/* clang-format on */

#endif
