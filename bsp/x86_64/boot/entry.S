/* SPDX-License-Identifier: MIT */
/* What boot loaders look for in keel.elf, the Multiboot2 header and the Xen note with the PVH entry
 * point, and the way from their 32-bit protected mode to C in long mode. */
#include <arch/cpuid.h>
#include <arch/gdt.h>
#include <arch/layout.h>
#include <arch/pte_bits.h>

/* Multiboot2 Specification 2.0, 3.1 */
#define MB2_MAGIC           0xe85250d6
#define MB2_ARCH_I386       0
#define MB2_OPTIONAL        1

#define MB2_TAG_END         0
#define MB2_TAG_REQUEST     1
#define MB2_TAG_CONSOLE     4
#define MB2_TAG_MODULES     6
#define MB2_TAG_RELOCATABLE 10

#define MB2_INFO_CMDLINE    1
#define MB2_INFO_MODULE     3
#define MB2_INFO_MMAP       6
#define MB2_INFO_FB         8

#define MB2_EGA_TEXT        2 /* console flags: we can do text mode */
#define MB2_LOWEST          1 /* relocatable: prefer the lowest address */

/* Xen public/elfnote.h */
#define XEN_ELFNOTE_PHYS32_ENTRY 18

/* A dword below this address is RAM on every PC. It lends us a stack of one word before we know
 * where we are, and gets its content back. */
#define LOW_WORD_END        0x1000

#define DEBUGCON            0xe9
#define COM1                0x3f8
#define UART_LSR            5
#define UART_LSR_THRE       0x20
#define UART_SPINS          100000

    .section .head.text, "ax", @progbits
    .globl _head
    .hidden _head
_head:
    .balign 8
mb2_header:
    .long MB2_MAGIC
    .long MB2_ARCH_I386
    .long mb2_end - mb2_header
    .long -(MB2_MAGIC + MB2_ARCH_I386 + (mb2_end - mb2_header)) & 0xffffffff

    .balign 8
1:  .short MB2_TAG_REQUEST, MB2_OPTIONAL
    .long 2f - 1b
    .long MB2_INFO_CMDLINE, MB2_INFO_MODULE, MB2_INFO_MMAP, MB2_INFO_FB
2:
    /* The text console is the screen we know: no framebuffer tag asks for a graphics mode, though
     * one that the loader sets anyway is taken note of. */
    .balign 8
1:  .short MB2_TAG_CONSOLE, MB2_OPTIONAL
    .long 2f - 1b
    .long MB2_EGA_TEXT
2:
    .balign 8
1:  .short MB2_TAG_MODULES, MB2_OPTIONAL
    .long 2f - 1b
2:
    .balign 8
1:  .short MB2_TAG_RELOCATABLE, MB2_OPTIONAL
    .long 2f - 1b
    .long KERNEL_PHYS_BASE, 0xffffffff, PAGE_SIZE, MB2_LOWEST
2:
    .balign 8
1:  .short MB2_TAG_END, 0
    .long 2f - 1b
2:
mb2_end:

    /* QEMU reads the entry point as 8 bytes from an ELF64 file. */
    .pushsection .note.Xen, "a", @note
    .balign 4
    .long 2f - 1f
    .long 4f - 3f
    .long XEN_ELFNOTE_PHYS32_ENTRY
1:  .asciz "Xen"
2:  .balign 4
3:  .quad KERNEL_PHYS_BASE + (_start - _head)
4:  .balign 4
    .popsection

/* Our own symbols, before paging: the image starts at %ebp. */
#define rva(symbol) ((symbol) - _head)(%ebp)

/*
 * Entry, by both protocols alike: 32-bit protected mode with flat segments, paging and interrupts
 * off, %ebx = physical address of the loader's information, %eax = Multiboot2's magic (PVH leaves
 * it
 * open). The image lies at any page-aligned address below 4 GiB. The ELF loader has cleared .bss;
 * QEMU
 * does so at every reset, because the segment has bytes in the file too (kernel.lds.S).
 * There is no stack. Kept all the way down: %esi = %eax on entry, %edi = %ebx, %ebp = image.
 */
    .code32
    .globl _start
    .hidden _start
    .type _start, @function
_start:
    cli
    cld
    movl %eax, %esi
    movl %ebx, %edi

    movl $LOW_WORD_END, %esp
    movl -4(%esp), %ecx
    call 1f
1:  popl %ebp
    movl %ecx, -4(%esp)
    subl $(1b - _head), %ebp
    leal rva(boot_stack_end), %esp
#ifdef CONFIG_BENCH
    rdtsc
    movl %eax, rva(boot_tsc)
    movl %edx, rva(boot_tsc + 4)
#endif

    movl $CPUID_EXT_MAX, %eax
    cpuid
    cmpl $CPUID_EXT_FEATURES, %eax
    jb no_long_mode
    movl $CPUID_EXT_FEATURES, %eax
    cpuid
    testl $CPUID_EXT_EDX_LM, %edx
    jz no_long_mode

    /* The first 4 GiB where they are, and again in the direct map: entry 0 of the root is entry
     * 256, four directories of 2 MiB leaves below them. */
    leal rva(boot_pdpt), %eax
    leal (PTE_P_RW_A)(%eax), %ecx
    movl %ecx, rva(boot_pml4)
    movl %ecx, rva(boot_pml4 + 8 * ((DIRECT_MAP_BASE >> 39) & 511))
    leal rva(boot_pd), %ebx
    leal (PTE_P_RW_A)(%ebx), %ecx
    movl $4, %edx
1:  movl %ecx, (%eax)
    addl $8, %eax
    addl $PAGE_SIZE, %ecx
    decl %edx
    jnz 1b
    movl $PTE_P_RW_A | PTE_LARGE, %eax
    movl $4 * 512, %ecx
1:  movl %eax, (%ebx)
    addl $8, %ebx
    addl $1 << 21, %eax
    decl %ecx
    jnz 1b

    leal rva(boot_pml4), %eax
    movl %eax, %cr3
    movl $CR4_PAE, %eax
    movl %eax, %cr4
    movl $MSR_EFER, %ecx
    rdmsr
    orl $EFER_LME, %eax
    wrmsr

    leal rva(arch_gdt), %eax
    pushl %eax
    pushl $(GDT_SIZE - 1) << 16
    lgdt 2(%esp)
    leal rva(long_mode), %eax
    pushl $GDT_KERNEL_CODE
    pushl %eax
    movl $CR0_PE | CR0_ET | CR0_NE | CR0_WP | CR0_PG, %eax
    movl %eax, %cr0
    lretl

    .type no_long_mode, @function
no_long_mode:
    leal rva(no_long_mode_text), %esi

/* Says the text at %esi where somebody may listen, and stops. */
1:  lodsb
    testb %al, %al
    jz 4f
    outb %al, $DEBUGCON
    movb %al, %ah
    movl $UART_SPINS, %ecx
2:  movw $COM1 + UART_LSR, %dx
    inb %dx, %al
    testb $UART_LSR_THRE, %al
    jnz 3f
    decl %ecx
    jnz 2b
3:  movb %ah, %al
    movw $COM1, %dx
    outb %al, %dx
    jmp 1b
4:  cli
    hlt
    jmp 4b

no_long_mode_text:
    .asciz "\r\n[    0.000000] fatal panic: this CPU has no 64-bit mode\r\n"

/* The boot map is on, the image still runs where it lies. */
    .code64
    .type long_mode, @function
long_mode:
    movl $GDT_KERNEL_DATA, %eax
    movl %eax, %ds
    movl %eax, %es
    movl %eax, %ss
    xorl %eax, %eax
    movl %eax, %fs
    movl %eax, %gs
    leaq boot_stack_end(%rip), %rsp
    xchgl %esi, %edi
    movl %ebp, %edx
    xorl %ebp, %ebp
    call early_main

    /* %rax = how far up the image is mapped; go there, with the stack. */
    leaq boot_stack_end(%rip), %rsp
    addq %rax, %rsp
    leaq arch_boot_main(%rip), %rcx
    addq %rax, %rcx
    pushq $0 /* no way back: ends backtraces */
    jmp *%rcx

    .bss
    .balign PAGE_SIZE
    .globl boot_pml4
    .hidden boot_pml4
boot_pml4:
    .skip PAGE_SIZE
boot_pdpt:
    .skip PAGE_SIZE
boot_pd:
    .skip 4 * PAGE_SIZE

    .section .note.GNU-stack, "", @progbits
