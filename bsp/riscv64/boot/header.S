/* SPDX-License-Identifier: MIT */
/* The first bytes of the Image: Linux's RISC-V boot image header (boot-image-header.rst), version
 * 0.2, which loaders look for. Execution starts at its first byte. */
#include <arch/layout.h>

#define HEADER_TEXT_OFFSET 0x200000 /* where loaders put us, from the start of RAM */
#define HEADER_FLAGS       0        /* little endian */
#define HEADER_VERSION     0x00000002
#define HEADER_MAGIC       0x5643534952 /* "RISCV" */
#define HEADER_MAGIC2      0x05435352   /* "RSC\x05" */

    .section .head.text, "ax"
    .option norvc
    .option norelax
    .globl _start
    .hidden _start
_start:
    j       boot_entry
    .4byte  0
    .8byte  HEADER_TEXT_OFFSET
    .8byte  _image_end - _start
    .8byte  HEADER_FLAGS
    .4byte  HEADER_VERSION
    .4byte  0
    .8byte  0
    .8byte  HEADER_MAGIC
    .4byte  HEADER_MAGIC2
    .4byte  0 /* where a PE header would be */
