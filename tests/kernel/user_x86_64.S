/* SPDX-License-Identifier: MIT */
/* Programs for user mode, as test_user.c tells; %rdi = argument. Position independent. */
#include <keel/syscall_numbers.h>

.macro program name
    .globl user_\name
    .hidden user_\name
user_\name:
.endm

#define FLAGS_TF 0x100

    .section .rodata.user_programs, "a"
    .balign 4096
    program programs

    program exit
    movl $KEEL_SYS_process_exit, %eax
    syscall
    ud2 /* it does not return */

    program second
    movq %rsi, %rdi
    jmp user_exit

    program exit_thread
    movl $KEEL_SYS_thread_exit, %eax
    syscall
    ud2

    program call
    movq %rdi, %rbx
    movq (%rbx), %rax
    movq 8(%rbx), %rdi
    movq 16(%rbx), %rsi
    movq 24(%rbx), %rdx
    movq 32(%rbx), %r10
    movq 40(%rbx), %r8
    movq 48(%rbx), %r9
    syscall
    movq %rax, %rdi
    jmp user_exit

    program script
    movq %rdi, %rbx
    movq %rdi, %rbp
1:  movq (%rbx), %rax
    testq %rax, %rax
    js 2f
    movq 8(%rbx), %rdi
    movq 16(%rbx), %rsi
    movq 24(%rbx), %rdx
    movq 32(%rbx), %r10
    movq 40(%rbx), %r8
    movq 48(%rbx), %r9
    syscall
    movq %rax, 56(%rbx)
    addq $64, %rbx
    jmp 1b
2:  movq 8(%rbx), %rcx
    jrcxz 3f
    decq 8(%rbx)
    movq 16(%rbx), %rbx
    addq %rbp, %rbx
    jmp 1b
3:  movl $7, %edi
    jmp user_exit

/* Where the program began and its flags are told by SYSRET. */
    program begin
    leaq user_begin(%rip), %rax
    cmpq %rax, %rcx
    jne bad
    xorl %eax, %eax
    .irp reg, rbx, rdx, rsi, rdi, rbp, r8, r9, r10, r12, r13, r14, r15
    testq %\reg, %\reg
    jnz bad
    .endr
    movl $7, %edi
    jmp user_exit
bad:
    movl $1, %edi
    jmp user_exit

    program keep
    movq %rsp, %rbx
    .irp reg, rdi, rsi, rdx, rbp, r8, r9, r10, r11, r12, r13, r14, r15
    movq $0x1234, %\reg
    .endr
    movl $KEEL_SYS_syscall_test_0, %eax
    syscall
1:  .irp reg, rax, rdi, rsi, rdx, r8, r9, r10
    testq %\reg, %\reg
    jnz bad
    .endr
    .irp reg, rbp, r12, r13, r14, r15
    cmpq $0x1234, %\reg
    jne bad
    .endr
    leaq 1b(%rip), %rax
    cmpq %rax, %rcx
    jne bad
    cmpq %rbx, %rsp
    jne bad
    testq $0x200, %r11
    jz bad
    movl $7, %edi
    jmp user_exit

    program spin
    .irp reg, rbx, rcx, rdx, rsi, rbp, rsp, r8, r9, r10, r11, r12, r13, r14, r15
    movq $0x1234, %\reg
    .endr
1:  .irp reg, rbx, rcx, rdx, rsi, rbp, rsp, r8, r9, r10, r11, r12, r13, r14, r15
    cmpq $0x1234, %\reg
    jne bad
    .endr
    incq (%rdi)
    movq 8(%rdi), %rax
    testq %rax, %rax
    jz 1b
    movl $7, %edi
    jmp user_exit

    program sleep
    movq $0x7fffffffffffffff, %rdi
    movl $KEEL_SYS_nanosleep, %eax
    syscall
    movq %rax, %rdi
    jmp user_exit

    program float
    movq %rdi, %rbx
    movq %rdi, %xmm0
    movq %rdi, %xmm9
    movq %rdi, %xmm15
    movl $100, %ebp
1:  xorl %edi, %edi
    movl $KEEL_SYS_thread_legacy_yield, %eax
    syscall
    .irp reg, xmm0, xmm9, xmm15
    movq %\reg, %rax
    cmpq %rbx, %rax
    jne bad
    .endr
    decl %ebp
    jnz 1b
    movl $7, %edi
    jmp user_exit

    program loop
    movq %rdi, %rbx
1:  movl $KEEL_SYS_syscall_test_0, %eax
    syscall
    decq %rbx
    jnz 1b
    movl $7, %edi
    jmp user_exit

    program read
    movq (%rdi), %rdi
    jmp user_exit

    program write
    movq %rdi, (%rdi)
    jmp user_exit

    program jump
    jmp *%rdi

    program illegal
    ud2
    jmp user_exit

    program breakpoint
    int3
    jmp user_exit

    program privileged
    cli
    jmp user_exit

    program other
    xorl %edx, %edx /* a division by 0 */
    divl %edx
    jmp user_exit

    program recurse
1:  pushq %rax
    jmp 1b

    program frames
    pushq $0
    pushq $0
    movq %rsp, %rbp
    call 1f
    jmp user_exit
1:  pushq %rbp
    movq %rsp, %rbp
    ud2

/* The rest is this port's alone: test_x86_user.c. */
    program single_step
    pushfq
    orq $FLAGS_TF, (%rsp)
    popfq
    nop
    jmp user_exit

/* SYSCALL while single-stepping: the kernel must not be stepped. */
    program step_into_call
    movl $KEEL_SYS_syscall_test_0, %eax
    pushfq
    orq $FLAGS_TF, (%rsp)
    popfq
    syscall
    jmp user_exit

/* SYSCALL with all flags that a user may set, and no stack. */
    program strange_flags
    pushq $0x244cd7 /* AC, DF, NT, status flags, ID */
    popfq
    xorl %esp, %esp
    movl $KEEL_SYS_syscall_test_0, %eax
    syscall
    pushfq
    jmp user_exit

/* Selectors that a user may load, GS among them, then a call. */
    program selectors
    movl $0x1b, %eax
    movl %eax, %ds
    movl %eax, %es
    movl %eax, %fs
    movl %eax, %gs
    movl $KEEL_SYS_syscall_test_0, %eax
    syscall
    testq %rax, %rax
    jnz bad
    movl $7, %edi
    jmp user_exit

    program software_interrupt
    int $0x80
    jmp user_exit

    program port
    outb %al, $0x80
    jmp user_exit

    program umip
    sgdt -16(%rsp)
    jmp user_exit

    program programs_end

    .section .note.GNU-stack, "", @progbits
