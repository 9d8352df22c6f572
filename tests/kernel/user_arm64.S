/* SPDX-License-Identifier: MIT */
/* Programs for user mode, as test_user.c tells; x0 = argument. Position independent. */
#include <generated/autoconf.h>
#include <keel/syscall_numbers.h>

    .arch   armv8-a+fp+simd

.macro program name
    .globl  user_\name
    .balign 4
user_\name:
.endm

#define PATTERN(n) (0x100 + n)

    .section .rodata.user_programs, "a"
    .balign 4096
    program programs

    program exit
    mov     x8, #KEEL_SYS_process_exit
    svc     #0
    udf     #1                      /* it does not return */

    program second
    mov     x0, x1
    b       user_exit

    program exit_thread
    mov     x8, #KEEL_SYS_thread_exit
    svc     #0
    udf     #1

    program call
    mov     x19, x0
    ldr     x8, [x19]
    ldp     x0, x1, [x19, #8]
    ldp     x2, x3, [x19, #24]
    ldp     x4, x5, [x19, #40]
    svc     #0
    b       user_exit

    program script
    mov     x19, x0
    mov     x20, x0
1:  ldr     x8, [x19]
    tbnz    x8, #63, 2f
    ldp     x0, x1, [x19, #8]
    ldp     x2, x3, [x19, #24]
    ldp     x4, x5, [x19, #40]
    svc     #0
    str     x0, [x19, #56]
    add     x19, x19, #64
    b       1b
2:  ldp     x1, x2, [x19, #8]
    cbz     x1, 3f
    sub     x1, x1, #1
    str     x1, [x19, #8]
    add     x19, x20, x2
    b       1b
3:  mov     x0, #7
    b       user_exit

    program begin
    .irp n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30
    cbnz    x\n, bad
    .endr
    mrs     x0, TPIDR_EL0
    cbnz    x0, bad
    mov     x0, #7
    b       user_exit
bad:
    mov     x0, #1
    b       user_exit

    program keep
    mov     x17, sp
    .irp n, 0, 1, 2, 3, 4, 5, 6, 7, 9, 10, 11, 12, 13, 14, 15, 16, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30
    mov     x\n, #PATTERN(\n)
    .endr
    mov     x19, x17
    mov     x8, #KEEL_SYS_syscall_test_0
    svc     #0
    .irp n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18
    cbnz    x\n, bad
    .endr
    .irp n, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30
    cmp     x\n, #PATTERN(\n)
    b.ne    bad
    .endr
    mov     x17, sp
    cmp     x17, x19
    b.ne    bad
    mov     x0, #7
    b       user_exit

    program spin
    .irp n, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30
    mov     x\n, #PATTERN(\n)
    .endr
1:  .irp n, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30
    cmp     x\n, #PATTERN(\n)
    b.ne    bad
    .endr
    ldr     x1, [x0]
    add     x1, x1, #1
    str     x1, [x0]
    ldr     x1, [x0, #8]
    cbz     x1, 1b
    mov     x0, #7
    b       user_exit

    program sleep
    mov     x0, #0x7fffffffffffffff
    mov     x8, #KEEL_SYS_nanosleep
    svc     #0
    b       user_exit

    program float
    mov     x19, x0
    dup     v0.2d, x0
    dup     v9.2d, x0
    dup     v31.2d, x0
    msr     TPIDR_EL0, x0
    mov     x20, #100
1:  mov     x0, #0
    mov     x8, #KEEL_SYS_thread_legacy_yield
    svc     #0
    .irp n, 0, 9, 31
    umov    x1, v\n\().d[0]
    umov    x2, v\n\().d[1]
    cmp     x1, x19
    b.ne    bad
    cmp     x2, x19
    b.ne    bad
    .endr
    mrs     x1, TPIDR_EL0
    cmp     x1, x19
    b.ne    bad
    subs    x20, x20, #1
    b.ne    1b
    mov     x0, #7
    b       user_exit

    program loop
1:  sub     x20, x0, #1
    mov     x8, #KEEL_SYS_syscall_test_0
    svc     #0
    mov     x0, x20
    cbnz    x0, 1b
    mov     x0, #7
    b       user_exit

    program read
    ldr     x0, [x0]
    b       user_exit

    program write
    str     x0, [x0]
    b       user_exit

    program jump
    br      x0

    program illegal
    udf     #1
    b       user_exit

    program breakpoint
    brk     #1
    b       user_exit

    program privileged
    mrs     x0, SCTLR_EL1
    b       user_exit

    program other
    add     x1, sp, #-7             /* exclusive loads are aligned */
    ldxr    x0, [x1]
    b       user_exit

    program recurse
1:  stp     x29, x30, [sp, #-16]!
    b       1b

    program frames
    stp     xzr, xzr, [sp, #-16]!
    mov     x29, sp
    bl      1f
    b       user_exit
1:  stp     x29, x30, [sp, #-16]!
    mov     x29, sp
    udf     #1

    program programs_end
