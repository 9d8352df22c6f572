/* SPDX-License-Identifier: MIT */
/*
 * Saving and loading f0 to f31 and fcsr. The kernel is built for harts without them, and not every
 * assembler takes another architecture in the middle: FLD, FSD and fcsr (Unprivileged ISA, F and D)
 * stand here by their encoding.
 */
#define OPCODE_LOAD_FP  0x07
#define OPCODE_STORE_FP 0x27
#define WIDTH_D         3
#define CSR_FCSR        0x003

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

/* a0: struct arch_fpu. Leaf; uses t0. */
    .globl  fpu_save
    .hidden fpu_save
    .type   fpu_save, @function
fpu_save:
    for_all store_f
    csrr    t0, CSR_FCSR
    sd      t0, 256(a0)
    ret

    .globl  fpu_load
    .hidden fpu_load
    .type   fpu_load, @function
fpu_load:
    for_all load_f
    ld      t0, 256(a0)
    csrw    CSR_FCSR, t0
    ret

    .section .note.GNU-stack, "", @progbits
