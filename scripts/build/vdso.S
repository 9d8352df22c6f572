/* SPDX-License-Identifier: MIT */
/* The vDSO, vdso_image to vdso_image_end: whole pages. */
    .section .rodata.vdso, "a"
    .balign 4096
    .globl vdso_image, vdso_image_end
    .hidden vdso_image, vdso_image_end
vdso_image:
    .incbin VDSO
    .balign 4096
vdso_image_end:
    .section .note.GNU-stack, "", %progbits
