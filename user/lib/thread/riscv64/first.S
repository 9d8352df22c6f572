/* SPDX-License-Identifier: MIT */
/* Where a thread of the library starts: a0 = what is known of it, sp = its stack, all else 0. */
    .text
    .globl  lib_thread_first
    .type   lib_thread_first, @function
lib_thread_first:
    tail    lib_thread_begin
    .size   lib_thread_first, . - lib_thread_first
    .section .note.GNU-stack, "", @progbits
