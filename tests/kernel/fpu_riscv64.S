/* SPDX-License-Identifier: MIT */
/* For tests: fills floating-point registers with words and stores what they hold. */

#include <arch/fpu_insn.h>

    .text

/* How many words the registers hold. */
    .globl  fpu_test_words
    .hidden fpu_test_words
fpu_test_words:
    li      a0, 32
    ret

/* a0: 32 words. */
    .globl  fpu_test_fill
    .hidden fpu_test_fill
fpu_test_fill:
    for_all_f load_f
    ret

/* a0: room for 32 words. */
    .globl  fpu_test_read
    .hidden fpu_test_read
fpu_test_read:
    for_all_f store_f
    ret

    .section .note.GNU-stack, "", @progbits
