/* SPDX-License-Identifier: MIT */
/* The device tree of machines whose firmware brings none: builtin_dtb_start to builtin_dtb_end. */
    .section .rodata.dtb, "a"
    .balign 8
    .globl builtin_dtb_start, builtin_dtb_end
    .hidden builtin_dtb_start, builtin_dtb_end
builtin_dtb_start:
    .incbin BUILTIN_DTB
builtin_dtb_end:
    .section .note.GNU-stack, "", %progbits
