/* SPDX-License-Identifier: MIT */
/* Where the CPU goes on an exception or interrupt: one small entry a vector, and from there
 * to C: one way for exceptions, a shorter one for interrupts. */
#include <arch/alternative.h>
#include <arch/cpuid.h>
#include <arch/gdt.h>
#include <arch/trap_vectors.h>
#include <generated/asm-offsets.h>
#include <keel/syscall_numbers.h>
#include <keel/vdso.h>

/* Exceptions with an error code (Intel SDM volume 3, table 6-1; AMD APM volume 2, 8.2 for 29,
 * 30). */
#define HAS_ERROR(v) \
    (v == 8 || (v >= 10 && v <= 14) || v == 17 || v == 21 || v == 29 || v == 30)

/* Exceptions that may come where %gs is still, or already, the user's: debug, NMI, double fault, machine
 * check. They have stacks of their own. */
#define IS_PARANOID(v) (v == 1 || v == 2 || v == 8 || v == 18)

/* Vector of what a bad return address is reported as: general protection. */
#define VECTOR_BAD_RETURN 13

    .section .text.trap, "ax", @progbits

/* A program starts with interrupts on and all else off. */
#define FLAGS_USER 0x202

/* All general registers, to make a struct trap_frame of what lies on the stack; the user's pages closed. */
.macro PUSH_ALL
    .irp reg, rax, rbx, rcx, rdx, rsi, rdi, rbp, r8, r9, r10, r11, r12, r13, r14, r15
    pushq %\reg
    .endr
    cld
    ALT_BEGIN
    ALT_ELSE CPU_FEATURE_SMAP
    clac
    ALT_END
.endm

.macro POP_ALL
    .irp reg, r15, r14, r13, r12, r11, r10, r9, r8, rbp, rdi, rsi, rdx, rcx, rbx, rax
    popq %\reg
    .endr
.endm

/* The thread goes to user mode: traps from there find its stack empty. %rax = its head; uses %rdx, %rcx. */
.macro TO_USER
    movq HEAD_STACK_HIGH(%rax), %rdx
    movq %gs:PERCPU_RSP0, %rcx
    movq %rdx, (%rcx)
.endm

/* Interrupts off: goes on to restore the registers for user mode, or, if there is anything to do before, to `work`. */
.macro PREPARE_USER restore, work
    movq %gs:PERCPU_CURRENT, %rax
    cmpl $0, HEAD_USER_WORK(%rax)
    jne \work
    TO_USER
    swapgs
    jmp \restore
.endm

/* What a struct trap_frame of user mode has above the general registers. */
.macro PUSH_USER rsp, rflags, rip
    pushq $GDT_USER_DATA | 3
    pushq \rsp
    pushq \rflags
    pushq $GDT_USER_CODE | 3
    pushq \rip
    pushq $0
    pushq $0
.endm

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
    .if IS_PARANOID(vector)
    jmp trap_paranoid
    .else
    jmp trap_common
    .endif
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
.macro POP_CHANGED
    addq $8, %rsp
    .irp reg, r11, r10, r9, r8, rdi, rsi, rdx, rcx, rax, rbp
    popq %\reg
    .endr
.endm

    .type irq_common, @function
irq_common:
    testb $3, 16(%rsp)
    jz 1f
    swapgs
1:  pushq 8(%rsp)
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
    testb $3, 32(%rbp)
    jnz 3f
2:  POP_CHANGED
    addq $16, %rsp
    iretq
3:  PREPARE_USER 2b, 4f
/* What lies on the stack becomes a struct trap_frame, which has the rest, too. */
4:  POP_CHANGED
    PUSH_ALL
    jmp trap_user_work
    .size irq_common, . - irq_common

/* Saves all general registers to make a struct trap_frame, calls C with it, and resumes what was
 * interrupted as the frame then says. */
    .type trap_common, @function
trap_common:
    testb $3, 24(%rsp)
    jz trap_kernel_gs
    swapgs
trap_kernel_gs:
    PUSH_ALL
    movq %rsp, %rdi
    xorl %ebp, %ebp
    call trap_handle
    testb $3, FRAME_CS(%rsp)
    jnz 2f
1:  POP_ALL
    addq $16, %rsp
    iretq
2:  PREPARE_USER 1b, trap_user_work
/* Interrupts off, %rsp = a complete frame of user mode, which may have other registers then. */
trap_user_work:
    movq %rsp, %rdi
    xorl %ebp, %ebp
    call user_return_work
    jmp 2b
    .size trap_common, . - trap_common

/*
 * On a stack of its own. From the kernel %gs is looked at: the kernel's base has its highest bit set, and no
 * user can have one like that. From user mode what the CPU has pushed goes to the thread's stack, and on
 * as any exception.
 */
    .type trap_paranoid, @function
trap_paranoid:
    testb $3, 24(%rsp)
    jnz 3f
    PUSH_ALL
    movl $MSR_GS_BASE, %ecx
    rdmsr
    xorl %ebx, %ebx
    testl %edx, %edx
    js 1f
    swapgs
    incl %ebx
1:  movq %rsp, %rdi
    xorl %ebp, %ebp
    call trap_handle
    testl %ebx, %ebx
    jz 2f
    swapgs
2:  POP_ALL
    addq $16, %rsp
    iretq
3:  swapgs
    pushq %rax
    pushq %rdx
    movq %gs:PERCPU_CURRENT, %rax
    movq HEAD_STACK_HIGH(%rax), %rax
    subq $8 * FRAME_CPU_WORDS, %rax
    .set word, 0
    .rept FRAME_CPU_WORDS
    movq 16 + 8 * word(%rsp), %rdx
    movq %rdx, 8 * word(%rax)
    .set word, word + 1
    .endr
    popq %rdx
    xchgq %rax, (%rsp)
    popq %rsp
    jmp trap_kernel_gs
    .size trap_paranoid, . - trap_paranoid

/*
 * SYSCALL of user mode. %rax = number, %rdi %rsi %rdx %r10 %r8 %r9 = arguments; %rax = result, %rbx, %rbp, %r12
 * to %r15 and %rsp are kept, %rcx = the address returned to, %r11 = the flags, all else comes back 0. The
 * CPU leaves %rsp alone. Interrupts are on in the call, and the thread may come back on another CPU.
 */
    .globl syscall_entry
    .hidden syscall_entry
    .type syscall_entry, @function
    .balign 16
syscall_entry:
    swapgs
    movq %rsp, %gs:PERCPU_USER_SP
    movq %gs:PERCPU_CURRENT, %rsp
    movq HEAD_STACK_HIGH(%rsp), %rsp
    pushq %gs:PERCPU_USER_SP
    pushq %r11
    pushq %rcx
    pushq %rbp
    xorl %ebp, %ebp
    sti
    movq %r10, %rcx
    cmpq $KEEL_SYS_COUNT, %rax
    jae 3f
    sbbq %r10, %r10 /* a wrong guess of the branch reads no other entry */
    andq %r10, %rax
#ifdef CONFIG_SYSCALL_FROM_VDSO_ONLY
    movq %gs:PERCPU_CURRENT, %r10
    movq 8(%rsp), %r11
    subq HEAD_VDSO(%r10), %r11
    leaq vdso_image + KEEL_VDSO_SITES(KEEL_SYS_COUNT)(%rip), %r10
    movl (%r10, %rax, 4), %r10d
    cmpq %r10, %r11
    jne 8f
7:
#endif
    leaq syscall_table(%rip), %r10
    call *(%r10, %rax, 8)
1:  cli
    movq %rax, %rdi
    movq %gs:PERCPU_CURRENT, %rax
    cmpl $0, HEAD_USER_WORK(%rax)
    jne 4f
    TO_USER
    movq %rdi, %rax
    popq %rbp
    popq %rcx
    popq %r11
    btq $47, %rcx
    jc 5f
    xorl %edx, %edx
    xorl %esi, %esi
    xorl %edi, %edi
    xorl %r8d, %r8d
    xorl %r9d, %r9d
    xorl %r10d, %r10d
    popq %rsp
    swapgs
    sysretq
3:  movq $ERR_NOSYS, %rax
    jmp 1b
#ifdef CONFIG_SYSCALL_FROM_VDSO_ONLY
8:  .irp reg, rax, rdi, rsi, rdx, rcx, r8, r9
    pushq %\reg
    .endr
    subq $8, %rsp
    movq %rax, %rdi
    movq 8 + 8 * 8(%rsp), %rsi
    call syscall_elsewhere
    movl %eax, %r10d
    addq $8, %rsp
    .irp reg, r9, r8, rcx, rdx, rsi, rdi, rax
    popq %\reg
    .endr
    testl %r10d, %r10d
    jnz 7b
    movq $ERR_PERM, %rax
    jmp 1b
#endif
/* The frame goes below what was pushed, of which others may read. */
4:  movq %rdi, %rax
    movq (%rsp), %rbp
    movq 8(%rsp), %rcx
    movq 16(%rsp), %r11
    movq 24(%rsp), %rdx
    btq $47, %rcx
    jc 6f
    PUSH_USER %rdx, %r11, %rcx
    xorl %edx, %edx
    xorl %esi, %esi
    xorl %edi, %edi
    xorl %r8d, %r8d
    xorl %r9d, %r9d
    xorl %r10d, %r10d
    PUSH_ALL
    jmp trap_user_work
6:  addq $24, %rsp
/* SYSRET would fault in the kernel on the user's stack: the address behind the last of user space. */
5:  popq %rdx
    pushq $GDT_USER_DATA | 3
    pushq %rdx
    pushq %r11
    pushq $GDT_USER_CODE | 3
    pushq %rcx
    pushq $0
    pushq $VECTOR_BAD_RETURN
    jmp trap_kernel_gs
    .size syscall_entry, . - syscall_entry

/* void arch_user_enter(virt_addr_t pc, virt_addr_t sp, uint64_t first, uint64_t second): leaves nothing on the
 * thread's stack, and nothing in the registers but the arguments, the address and the flags. */
    .globl arch_user_enter
    .hidden arch_user_enter
    .type arch_user_enter, @function
arch_user_enter:
    cli
    movq %gs:PERCPU_CURRENT, %rax
    cmpl $0, HEAD_USER_WORK(%rax)
    jne 1f
    movq %rdx, %r8
    movq %rcx, %r9
    TO_USER
    movq %rdi, %rcx
    movq %rsi, %rsp
    movq %r8, %rdi
    movq %r9, %rsi
    movl $FLAGS_USER, %r11d
    .irp reg, eax, ebx, edx, ebp, r8d, r9d, r10d, r12d, r13d, r14d, r15d
    xorl %\reg, %\reg
    .endr
    swapgs
    sysretq
1:  movq HEAD_STACK_HIGH(%rax), %rsp
    PUSH_USER %rsi, $FLAGS_USER, %rdi
    movq %rdx, %rdi
    movq %rcx, %rsi
    .irp reg, eax, ebx, ecx, edx, ebp, r8d, r9d, r10d, r11d, r12d, r13d, r14d, r15d
    xorl %\reg, %\reg
    .endr
    PUSH_ALL
    jmp trap_user_work
    .size arch_user_enter, . - arch_user_enter

    .section .note.GNU-stack, "", @progbits
