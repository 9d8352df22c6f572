/* SPDX-License-Identifier: MIT */
/* Traps on purpose, with registers that the test chose. */

#define FRAME 128

/* Every register but zero, sp, gp and tp, in the order of the test's arrays; a0 comes last, so that
 * it can be the base until then. */
.macro for_all op, base
    .set    at, 0
    .irp n, 1, 5, 6, 7, 8, 9, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31
    \op     x\n, at(\base)
    .set    at, at + 8
    .endr
.endm

.macro for_saved op
    .set    at, 8
    .irp n, 1, 8, 9, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27
    \op     x\n, at(sp)
    .set    at, at + 8
    .endr
.endm

/* Loads from address 0 and goes on behind. */
.macro CAUGHT_TRAP
8:  lb      zero, 0(zero)
9:
    .pushsection .extable, "a"
    .balign 4
    .4byte  8b - .
    .4byte  9b - .
    .popsection
.endm

    .text

/* a0: 28 values to load, a1: where to store what is there after the trap. */
    .globl  riscv64_trap_registers
    .hidden riscv64_trap_registers
    .type   riscv64_trap_registers, @function
riscv64_trap_registers:
    addi    sp, sp, -FRAME
    for_saved sd
    sd      a1, 0(sp)
    for_all ld, a0
    ld      a0, 27 * 8(a0)
    CAUGHT_TRAP
    sd      a0, 112(sp)
    ld      a0, 0(sp)
    for_all sd, a0
    ld      a1, 112(sp)
    sd      a1, 27 * 8(a0)
    for_saved ld
    addi    sp, sp, FRAME
    ret

/* a0: stack pointer during the trap. */
    .globl  riscv64_trap_with_stack
    .hidden riscv64_trap_with_stack
    .type   riscv64_trap_with_stack, @function
riscv64_trap_with_stack:
    mv      t0, sp
    mv      sp, a0
    CAUGHT_TRAP
    mv      sp, t0
    ret

    .section .note.GNU-stack, "", @progbits
