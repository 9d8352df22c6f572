/* SPDX-License-Identifier: MIT */
/* Lays the kernel image out: text, constants, data, each in pages of their own. Addresses are those
 * of the default virtual base; the entry code moves everything to the base that is used. */
#include <arch/layout.h>
#include <keel/linker.lds.h>

OUTPUT_ARCH(riscv)
ENTRY(_start)

PHDRS
{
    text PT_LOAD FLAGS(5);
    rodata PT_LOAD FLAGS(4);
    data PT_LOAD FLAGS(6);
}

SECTIONS
{
    . = KERNEL_VIRT_BASE;
    _image_start = .;

    .text : {
        _text_start = .;
        KEEP(*(.head.text))
        KEEP(*(.text.boot))
        *(SORT_BY_ALIGNMENT(.text) SORT_BY_ALIGNMENT(.text.*))
    } :text
    . = ALIGN(PAGE_SIZE);
    _text_end = .;

    .rodata : {
        _rodata_start = .;
        *(SORT_BY_ALIGNMENT(.rodata) SORT_BY_ALIGNMENT(.rodata.*) .srodata .srodata.*)
        *(.data.rel.ro .data.rel.ro.*)
        KERNEL_TABLES
        KERNEL_EXTABLE
        KERNEL_ALTERNATIVES
    } :rodata
    /* Compilers reach the stack protector's guard through the global offset table; nothing else. */
    .got : ALIGN(8) {
        *(.got .got.plt .igot.plt)
    } :rodata
    ASSERT(SIZEOF(.got) <= 32, "more than the stack guard behind the global offset table")
    .rela.dyn : ALIGN(8) {
        __rela_start = .;
        *(.rela .rela.*)
        __rela_end = .;
    } :rodata
    .ksymtab : {
        KEEP(*(.ksymtab))
    } :rodata
    . = ALIGN(PAGE_SIZE);
    _rodata_end = .;

    .data : {
        _data_start = .;
        *(.data .data.* .sdata .sdata.*)
        . = ALIGN(PAGE_SIZE);
        _data_end = .;
    } :data
    .bss (NOLOAD) : ALIGN(PAGE_SIZE) {
        _bss_start = .;
        *(.sbss .sbss.* .bss .bss.* COMMON)
        . = ALIGN(PAGE_SIZE);
        _bss_end = .;
    } :data
    .noinit (NOLOAD) : ALIGN(PAGE_SIZE) {
        _noinit_start = .;
        *(.noinit .noinit.*)
        . = ALIGN(PAGE_SIZE);
        _noinit_end = .;
    } :data
    KERNEL_SHADOW()
    _image_end = .;

    /* What the linker makes for position-independent code, and we have no use for. */
    .plt : { *(.plt) *(.iplt) } :data
    ASSERT(SIZEOF(.plt) == 0, "calls through a procedure linkage table")

    .comment 0 : { *(.comment) }
    KERNEL_FILE_ONLY
    .riscv.attributes 0 : { *(.riscv.attributes) }

    /DISCARD/ : {
        *(.interp .dynamic .dynsym .dynstr .hash .gnu.hash .gnu.version*)
        *(.note.* .eh_frame .eh_frame_hdr)
    }
}

ASSERT((_image_start & 0x1fffff) == 0, "the image starts at a 2 MiB boundary")
