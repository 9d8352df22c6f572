/* SPDX-License-Identifier: MIT */
/* Where the CPU goes on an exception or interrupt: one small entry a vector, and from there
 * to C: one way for exceptions, a shorter one for interrupts. */
#include <arch/alternative.h>
#include <arch/trap_vectors.h>

/* Exceptions with an error code (Intel SDM volume 3, table 6-1; AMD APM volume 2, 8.2 for 29,
 * 30). */
#define HAS_ERROR(v) \
    (v == 8 || (v >= 10 && v <= 14) || v == 17 || v == 21 || v == 29 || v == 30)

    .section .text.trap, "ax", @progbits

/*
 * Entry of exception n lies at trap_entries + 16 * n. The CPU has pushed ss, rsp, rflags, cs, rip, to a
 * 16-byte boundary before them, and the error code where there is one; interrupts are off. A 0
 * stands in for a missing error code, then comes the vector.
 */
    .balign 16
    .globl trap_entries
    .hidden trap_entries
    .type trap_entries, @function
trap_entries:
    .set vector, 0
    .rept TRAP_EXCEPTIONS
    .balign 16
    .if !HAS_ERROR(vector)
    pushq $0
    .endif
    pushq $vector
    jmp trap_common
    .set vector, vector + 1
    .endr
    .size trap_entries, . - trap_entries

/* Entry of interrupt n lies at irq_entries + 8 * (n - TRAP_EXCEPTIONS): pushes the vector's low byte, its
 * sign extended. */
    .balign 8
    .globl irq_entries
    .hidden irq_entries
    .type irq_entries, @function
irq_entries:
    .rept TRAP_VECTORS - TRAP_EXCEPTIONS
    .balign 8
    pushq $(vector - ((vector >> 7) << 8))
    jmp irq_common
    .set vector, vector + 1
    .endr
    .size irq_entries, . - irq_entries

/*
 * What C may change is saved, and nothing else: the thread that runs on may be another one for a while.
 * rip and rbp are laid out as a frame record, so that backtraces go on in what was interrupted.
 */
    .type irq_common, @function
irq_common:
    pushq 8(%rsp)
    pushq %rbp
    movq %rsp, %rbp
    pushq %rax
    pushq %rcx
    pushq %rdx
    pushq %rsi
    pushq %rdi
    pushq %r8
    pushq %r9
    pushq %r10
    pushq %r11
    subq $8, %rsp
    cld
    ALT_BEGIN
    ALT_ELSE CPU_FEATURE_SMAP
    clac
    ALT_END
    movzbl 16(%rbp), %eax
    movl %eax, %gs:PERCPU_VECTOR
    movl $1, %edi /* preemptible: interrupts were on */
    call irq_handle
    addq $8, %rsp
    popq %r11
    popq %r10
    popq %r9
    popq %r8
    popq %rdi
    popq %rsi
    popq %rdx
    popq %rcx
    popq %rax
    popq %rbp
    addq $16, %rsp
    iretq
    .size irq_common, . - irq_common

/* Saves all general registers to make a struct trap_frame, calls C with it, and resumes what was
 * interrupted as the frame then says. */
    .type trap_common, @function
trap_common:
    pushq %rax
    pushq %rbx
    pushq %rcx
    pushq %rdx
    pushq %rsi
    pushq %rdi
    pushq %rbp
    pushq %r8
    pushq %r9
    pushq %r10
    pushq %r11
    pushq %r12
    pushq %r13
    pushq %r14
    pushq %r15
    cld
    ALT_BEGIN
    ALT_ELSE CPU_FEATURE_SMAP
    clac
    ALT_END
    movq %rsp, %rdi
    xorl %ebp, %ebp
    call trap_handle
    popq %r15
    popq %r14
    popq %r13
    popq %r12
    popq %r11
    popq %r10
    popq %r9
    popq %r8
    popq %rbp
    popq %rdi
    popq %rsi
    popq %rdx
    popq %rcx
    popq %rbx
    popq %rax
    addq $16, %rsp
    iretq
    .size trap_common, . - trap_common

    .section .note.GNU-stack, "", @progbits
