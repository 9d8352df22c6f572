/* SPDX-License-Identifier: MIT */
/* Programs for user mode, as test_user.c tells; a0 = argument. Position independent. */
#include <generated/autoconf.h>
#include <keel/syscall_numbers.h>

.macro program name
    .globl  user_\name
    .hidden user_\name
user_\name:
.endm

#define PATTERN(n) (0x100 + n)
#define OP_FP      0x53
#define FMV_D_X    0x79
#define FMV_X_D    0x71

    .section .rodata.user_programs, "a"
    .balign 4096
    .option norvc
    program programs

    program exit
    li      a7, KEEL_SYS_process_exit
    ecall
    unimp                           /* it does not return */

    program second
    mv      a0, a1
    j       user_exit

    program exit_thread
    li      a7, KEEL_SYS_thread_exit
    ecall
    unimp

    program call
    mv      s1, a0
    ld      a7, 0(s1)
    ld      a0, 8(s1)
    ld      a1, 16(s1)
    ld      a2, 24(s1)
    ld      a3, 32(s1)
    ld      a4, 40(s1)
    ld      a5, 48(s1)
    ecall
    j       user_exit

    program script
    mv      s1, a0
    mv      s2, a0
1:  ld      a7, 0(s1)
    bltz    a7, 2f
    ld      a0, 8(s1)
    ld      a1, 16(s1)
    ld      a2, 24(s1)
    ld      a3, 32(s1)
    ld      a4, 40(s1)
    ld      a5, 48(s1)
    ecall
    sd      a0, 56(s1)
    addi    s1, s1, 64
    j       1b
2:  ld      t0, 8(s1)
    ld      t1, 16(s1)
    beqz    t0, 3f
    addi    t0, t0, -1
    sd      t0, 8(s1)
    add     s1, s2, t1
    j       1b
3:  li      a0, 7
    j       user_exit

    program begin
    .irp n, 1, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31
    bnez    x\n, bad
    .endr
    li      a0, 7
    j       user_exit
bad:
    li      a0, 1
    j       user_exit

    program keep
    mv      s1, sp
    .irp n, 1, 3, 4, 5, 6, 7, 8, 10, 11, 12, 13, 14, 15, 16, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31
    li      x\n, PATTERN(\n)
    .endr
    li      a7, KEEL_SYS_syscall_test_0
    ecall
    .irp n, 5, 6, 7, 10, 11, 12, 13, 14, 15, 16, 17, 28, 29, 30, 31
    bnez    x\n, bad
    .endr
    .irp n, 1, 3, 4, 8, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27
    li      t0, PATTERN(\n)
    bne     x\n, t0, bad
    .endr
    bne     s1, sp, bad
    li      a0, 7
    j       user_exit

    program spin
    .irp n, 1, 2, 3, 4, 6, 7, 8, 9, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31
    li      x\n, PATTERN(\n)
    .endr
1:  .irp n, 1, 2, 3, 4, 6, 7, 8, 9, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31
    li      t0, PATTERN(\n)
    bne     x\n, t0, 2f
    .endr
    ld      t0, 0(a0)
    addi    t0, t0, 1
    sd      t0, 0(a0)
    ld      t0, 8(a0)
    beqz    t0, 1b
    li      a0, 7
    j       user_exit
2:  j       bad

    program sleep
    li      a0, -1
    srli    a0, a0, 1
    li      a7, KEEL_SYS_nanosleep
    ecall
    j       user_exit

    program float
    mv      s1, a0
    .insn   r OP_FP, 0, FMV_D_X, x0, a0, x0
    .insn   r OP_FP, 0, FMV_D_X, x9, a0, x0
    .insn   r OP_FP, 0, FMV_D_X, x31, a0, x0
    li      s2, 100
1:  li      a0, 0
    li      a7, KEEL_SYS_thread_legacy_yield
    ecall
    .irp n, 0, 9, 31
    .insn   r OP_FP, 0, FMV_X_D, a1, x\n, x0
    bne     a1, s1, bad
    .endr
    addi    s2, s2, -1
    bnez    s2, 1b
    li      a0, 7
    j       user_exit

    program loop
1:  addi    s1, a0, -1
    li      a7, KEEL_SYS_syscall_test_0
    ecall
    mv      a0, s1
    bnez    a0, 1b
    li      a0, 7
    j       user_exit

    program read
    ld      a0, 0(a0)
    j       user_exit

    program write
    sd      a0, 0(a0)
    j       user_exit

    program jump
    jr      a0

    program illegal
    unimp
    j       user_exit

    program breakpoint
    ebreak
    j       user_exit

    program privileged
    csrr    a0, sstatus
    j       user_exit

    program other
    csrr    a0, cycle               /* a counter that is closed */
    j       user_exit

    program recurse
1:  addi    sp, sp, -16
    sd      ra, 0(sp)
    j       1b

    program frames
    addi    sp, sp, -16
    sd      zero, 8(sp)
    sd      zero, 0(sp)
    addi    s0, sp, 16
    jal     ra, 1f
    j       user_exit
1:  addi    sp, sp, -16
    sd      ra, 8(sp)
    sd      s0, 0(sp)
    addi    s0, sp, 16
    unimp

    program programs_end

    .section .note.GNU-stack, "", @progbits
