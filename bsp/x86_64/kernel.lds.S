/* SPDX-License-Identifier: MIT */
/* Lays out the image: one ELF64 that PVH and Multiboot2 loaders put at KERNEL_PHYS_BASE or
 * elsewhere, linked to run at KERNEL_VIRT_BASE. */
#include <arch/layout.h>
#include <keel/linker.lds.h>

OUTPUT_FORMAT("elf64-x86-64")
OUTPUT_ARCH(i386:x86-64)
ENTRY(_start)

#define PHYSICAL(section) AT(ADDR(section) - KERNEL_VIRT_BASE + KERNEL_PHYS_BASE)

/* The loader's view: no segment is both writable and executable. Between `rodata` and `data` lies
 * .noinit, inside what loaders set aside and outside what they write; .bss they clear. */
PHDRS
{
    text PT_LOAD FLAGS(5);
    rodata PT_LOAD FLAGS(4);
    data PT_LOAD FLAGS(6);
    note PT_NOTE FLAGS(4);
}

SECTIONS
{
    . = KERNEL_VIRT_BASE;
    _image_start = .;
    _text_start = .;
    .text : PHYSICAL(.text) {
        KEEP(*(.head.text))
        *(.text.trap)
        *(.text.hot .text.hot.*)
        *(SORT_BY_ALIGNMENT(.text) SORT_BY_ALIGNMENT(.text.*))
    } :text
    . = ALIGN(PAGE_SIZE);
    _text_end = .;

    _rodata_start = .;
    .rodata : PHYSICAL(.rodata) {
        *(SORT_BY_ALIGNMENT(.rodata) SORT_BY_ALIGNMENT(.rodata.*))
        *(.data.rel.ro .data.rel.ro.*)
        KERNEL_TABLES
        KERNEL_EXTABLE
        KERNEL_ALTERNATIVES
        *(.got .got.plt .igot .igot.plt .plt .iplt)
    } :rodata
    .rela.dyn : PHYSICAL(.rela.dyn) {
        __rela_start = .;
        *(.rela .rela.*)
        __rela_end = .;
    } :rodata
    .note.Xen : PHYSICAL(.note.Xen) {
        KEEP(*(.note.Xen))
    } :rodata :note
    .ksymtab : PHYSICAL(.ksymtab) {
        KEEP(*(.ksymtab))
        . = ALIGN(PAGE_SIZE);
    } :rodata
    _rodata_end = .;

    _noinit_start = .;
    .noinit (NOLOAD) : PHYSICAL(.noinit) {
        *(.noinit .noinit.*)
        . = ALIGN(PAGE_SIZE);
    } :NONE
    _noinit_end = .;

    _data_start = .;
    .data : PHYSICAL(.data) {
        *(.data .data.*)
        . = ALIGN(PAGE_SIZE);
    } :data
    _data_end = .;

    _bss_start = .;
    .bss (NOLOAD) : PHYSICAL(.bss) {
        *(.bss .bss.*)
        . = ALIGN(PAGE_SIZE);
        boot_stack_guard = .;
        . += PAGE_SIZE;
        boot_stack = .;
        . += KERNEL_STACK_SIZE;
        boot_stack_end = .;
    } :data
    _bss_end = .;
    KERNEL_SHADOW(PHYSICAL(.shadow))
    _image_end = .;

    .comment 0 : { *(.comment) } :NONE
    KERNEL_FILE_ONLY

    /DISCARD/ : {
        *(.dynamic .dynsym .dynstr .hash .gnu.hash .interp)
        *(.note.GNU-stack .note.gnu.* .eh_frame .eh_frame_hdr)
    }
}
