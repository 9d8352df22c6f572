/* SPDX-License-Identifier: MIT */
/* Where a program starts: x0 = handle of its channel, x1 = the vDSO,
 * sp = a stack that is empty, all else 0, so that stack walks end. */
    .text
    .globl  _start
    .type   _start, %function
_start:
    b       start
    .size   _start, . - _start
    .section .note.GNU-stack, "", %progbits
