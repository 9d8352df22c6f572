/* SPDX-License-Identifier: MIT */
/* Saving and loading f0 to f31 and fcsr, whose number (Unprivileged ISA, F) not every assembler takes
 * by name when it builds for harts without it. */
#include <arch/fpu_insn.h>

#define CSR_FCSR 0x003

    .text

/* a0: struct arch_fpu. Leaf; uses t0. */
    .globl  fpu_save
    .hidden fpu_save
    .type   fpu_save, @function
fpu_save:
    for_all_f store_f
    csrr    t0, CSR_FCSR
    sd      t0, 256(a0)
    ret

    .globl  fpu_load
    .hidden fpu_load
    .type   fpu_load, @function
fpu_load:
    for_all_f load_f
    ld      t0, 256(a0)
    csrw    CSR_FCSR, t0
    ret

    .section .note.GNU-stack, "", @progbits
