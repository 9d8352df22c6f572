/* SPDX-License-Identifier: MIT */
/* The first instructions of the program, and of its threads. */
    .text
    .global _start
    .global thread_start
#if defined(__x86_64__)
_start:
    xorl %ebp, %ebp
    andq $-16, %rsp
    call bench_main
    hlt

/* clone(flags, stack, parent's id, child's id, 0) */
thread_start:
    movq %rcx, %r9
    movq %rdx, %r10
    xorl %r8d, %r8d
    andq $-16, %rsi
    movl $56, %eax
    syscall
    testq %rax, %rax
    jnz 1f
    call *%r9
    hlt
1:  ret
#elif defined(__aarch64__)
_start:
    mov     x29, #0
    bl      bench_main
    brk     #0

/* clone(flags, stack, parent's id, 0, child's id) */
thread_start:
    mov     x9, x3
    mov     x4, x2
    mov     x3, #0
    mov     x8, #220
    svc     #0
    cbnz    x0, 1f
    blr     x9
    brk     #0
1:  ret
#else
_start:
    .option push
    .option norelax
    la      gp, __global_pointer$
    .option pop
    call    bench_main
    unimp

/* clone(flags, stack, parent's id, 0, child's id) */
thread_start:
    mv      t3, a3
    mv      a4, a2
    li      a3, 0
    li      a7, 220
    ecall
    bnez    a0, 1f
    jalr    t3
    unimp
1:  ret
#endif
    .section .note.GNU-stack, "", %progbits
