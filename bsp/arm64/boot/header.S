/* SPDX-License-Identifier: MIT */
/* The Linux Image header (Documentation/arch/arm64/booting.rst): the first 64 bytes of the
 * image. */

    .section .head.text, "ax"
    .globl  _start
_start:
    b       primary_entry
    nop
    .quad   0                       /* text_offset: from a 2 MiB boundary */
    .long   _image_size, 0          /* all the memory we want, .bss and .noinit included */
    .quad   0xa                     /* little-endian, 4 KiB pages, anywhere in memory */
    .quad   0, 0, 0
    .ascii  "ARM\x64"
    .long   0                       /* no PE header */
