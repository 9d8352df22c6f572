/* SPDX-License-Identifier: MIT */
/* Where everything in the image lies: three loadable parts, none both writable and executable,
 * every boundary of a mapping at the start of a page. */
#include <arch/layout.h>
#include <keel/linker.lds.h>

OUTPUT_FORMAT("elf64-littleaarch64")
OUTPUT_ARCH(aarch64)
ENTRY(_start)

PHDRS
{
    text PT_LOAD FLAGS(5);
    rodata PT_LOAD FLAGS(4);
    data PT_LOAD FLAGS(6);
    stack PT_GNU_STACK FLAGS(6);
}

SECTIONS
{
    . = KERNEL_VIRT_BASE;
    _image_start = .;
    _text_start = .;
    .text : {
        KEEP(*(.head.text))
        . = ALIGN(64);
        *(SORT_BY_ALIGNMENT(.text) SORT_BY_ALIGNMENT(.text.*))
        /* Code that runs while the MMU goes on, within a page that is mapped to itself. */
        . = ALIGN(256);
        _idmap_start = .;
        *(.idmap.text)
        _idmap_end = .;
    } :text
    . = ALIGN(PAGE_SIZE);
    _text_end = .;
    ASSERT(_idmap_end - _idmap_start <= 256, "identity-mapped code may lie in more than a page")

    _rodata_start = .;
    .rodata : {
        *(SORT_BY_ALIGNMENT(.rodata) SORT_BY_ALIGNMENT(.rodata.*))
        *(.data.rel.ro .data.rel.ro.*)
        KERNEL_TABLES
        KERNEL_EXTABLE
        KERNEL_ALTERNATIVES
        *(.got)
        *(.got.plt)
    } :rodata
    .rela.dyn : ALIGN(8) {
        __rela_start = .;
        *(.rela .rela.*)
        __rela_end = .;
    } :rodata
    .ksymtab : ALIGN(8) {
        KEEP(*(.ksymtab))
        . = ALIGN(PAGE_SIZE);
    } :rodata
    _rodata_end = .;

    _data_start = .;
    .data : {
        *(.data .data.*)
        . = ALIGN(PAGE_SIZE);
    } :data
    _data_end = .;

    _bss_start = .;
    .bss (NOLOAD) : {
        *(.bss .bss.*)
        *(COMMON)
        . = ALIGN(PAGE_SIZE);
    } :data
    _bss_end = .;

    /* Not cleared at boot. */
    _noinit_start = .;
    .noinit (NOLOAD) : {
        *(.noinit .noinit.*)
        . += PAGE_SIZE;
        . = ALIGN(KERNEL_STACK_ALIGN);
        boot_stack = .;
        boot_stack_guard = . - PAGE_SIZE;
        . += KERNEL_STACK_SIZE;
        boot_stack_end = .;
        . = ALIGN(KERNEL_STACK_ALIGN);
        . += KERNEL_STACK_SIZE / 2;
        emergency_stack_end = .;
    } :data
    KERNEL_SHADOW()
    _noinit_end = .;
    _image_end = .;
    _image_size = _image_end - _image_start;

    .comment 0 : { *(.comment) }
    KERNEL_FILE_ONLY

    /DISCARD/ : {
        *(.interp .dynamic .dynsym .dynstr .hash .gnu.hash .gnu.version*)
        *(.note .note.* .eh_frame .eh_frame_hdr .ARM.attributes)
        *(.iplt .igot .igot.plt .plt .plt.*)
    }
}

ASSERT((_image_start & (IMAGE_ALIGN - 1)) == 0, "the image does not start at a multiple of 2 MiB")
ASSERT((boot_stack & (KERNEL_STACK_ALIGN - 1)) == 0, "the boot stack is misaligned")
