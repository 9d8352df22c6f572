/* SPDX-License-Identifier: MIT */
/* From a start-up interrupt, in real mode, to C in long mode: every CPU but the first. */
#include <arch/cpuid.h>

#include "trampoline.h"

#define CPUID_TOPOLOGY 0x0b

    .section .rodata.trampoline, "a", @progbits
    .globl trampoline_start, trampoline_32, trampoline_64, trampoline_end
    .hidden trampoline_start, trampoline_32, trampoline_64, trampoline_end

/* Copied to the beginning of a page below 1 MiB, whose number is the interrupt's vector; entered with
 * %cs = page >> 4, %ip = 0. INIT has left caches as they were, maybe off: CR0 is written whole. */
    .code16
trampoline_start:
    cli
    cld
    xorl %ebx, %ebx
    movw %cs, %bx
    movw %bx, %ds
    shll $4, %ebx
    lgdtl TRAMPOLINE_GDTR
    movl $CR0_PE | CR0_ET | CR0_NE, %eax
    movl %eax, %cr0
    ljmpl *TRAMPOLINE_FAR32

/* %ebx = the page. */
    .code32
trampoline_32:
    movw $TRAMPOLINE_DATA, %ax
    movw %ax, %ds
    movw %ax, %es
    movw %ax, %ss
    movl $CR4_PAE, %eax
    movl %eax, %cr4
    movl TRAMPOLINE_TABLES(%ebx), %eax
    movl %eax, %cr3
    movl $MSR_EFER, %ecx
    movl TRAMPOLINE_EFER(%ebx), %eax
    xorl %edx, %edx
    wrmsr
    movl $CR0_PE | CR0_ET | CR0_NE | CR0_WP | CR0_PG, %eax
    movl %eax, %cr0
    ljmpl *TRAMPOLINE_FAR64(%ebx)

    .code64
trampoline_64:
    movl %ebx, %ebx
    jmp *TRAMPOLINE_HIGH(%rbx)
trampoline_end:

    .text
    .globl secondary_high
    .hidden secondary_high
    .type secondary_high, @function
/* At the kernel's virtual address. Finds out who this is by the APIC id, and takes the boot record of
 * that CPU, its stack and the kernel's tables; who is in no record halts. */
secondary_high:
    xorl %eax, %eax
    movl %eax, %fs
    movl %eax, %gs
    cpuid
    cmpl $CPUID_TOPOLOGY, %eax
    jb 1f
    movl $CPUID_TOPOLOGY, %eax
    xorl %ecx, %ecx
    cpuid
    testl %ebx, %ebx
    jnz 2f
1:  movl $1, %eax
    cpuid
    shrl $24, %ebx
    movl %ebx, %edx
2:  leaq secondary_table(%rip), %rsi
    movl secondary_count(%rip), %ecx
3:  decl %ecx
    js 5f
    cmpq (%rsi), %rdx
    je 4f
    addq $16, %rsi
    jmp 3b
4:  movq 8(%rsi), %rdi
    movq kernel_root(%rip), %rax
    movq %rax, %cr3
    movq SECONDARY_STACK_TOP(%rdi), %rsp
    xorl %ebp, %ebp
    call secondary_main
5:  cli
    hlt
    jmp 5b
    .size secondary_high, . - secondary_high

    .section .note.GNU-stack, "", @progbits
