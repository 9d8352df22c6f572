/* SPDX-License-Identifier: MIT */
/* The exception vector table (Arm ARM DDI 0487, D1.3.1): 16 entries of 128 bytes, each reported
 * by its name. */
#include <arch/layout.h>
#include <generated/asm-offsets.h>
#include <keel/syscall_numbers.h>
#include <keel/vdso.h>

/*
 * Every entry makes room for a struct trap_frame, saves x0 and x1 in it and goes on in trap_common
 * with the number of the entry in x0.
 *
 * An entry from the kernel first looks at its stack pointer with no register to spare: sp and x0
 * are added and subtracted into each other, so that x0 can be tested as the stack pointer and both
 * come back. The bit of KERNEL_STACK_SHIFT is set when the stack has run over (KERNEL_STACK_ALIGN),
 * the low four when it was misaligned; either would fault again and again.
 */
.macro vector number, from_kernel, to=trap_common
    .balign 128
    sub     sp, sp, #FRAME_SIZE
    .if \from_kernel
    add     sp, sp, x0
    sub     x0, sp, x0
    tbnz    x0, #KERNEL_STACK_SHIFT, 1f
    tst     x0, #15
    b.ne    1f
    sub     x0, sp, x0
    sub     sp, sp, x0
    .endif
    stp     x0, x1, [sp, #FRAME_X0]
    mov     x0, #\number
    b       \to
    .if \from_kernel
1:  msr     TPIDRRO_EL0, x0         /* the stack pointer as it was, less a frame */
    sub     x0, sp, x0
    msr     TPIDR_EL0, x0           /* x0 as it was */
    adrp    x0, emergency_stacks    /* those of all CPUs: 16 bytes each, the end and nothing */
    add     x0, x0, :lo12:emergency_stacks
    mov     sp, x0
    mrs     x0, TPIDR_EL1
    ldr     w0, [x0, #HEAD_CPU]
    add     sp, sp, x0, lsl #4
    ldr     x0, [sp]
    sub     sp, x0, #FRAME_SIZE
    str     x1, [sp, #(FRAME_X0 + 8)]
    mov     x0, #\number
    b       trap_bad_stack
    .endif
.endm

/* `op`, stp or ldp, on registers of the frame at sp. */
.macro for_x2_x17 op
    \op     x2, x3, [sp, #(FRAME_X0 + 2 * 8)]
    \op     x4, x5, [sp, #(FRAME_X0 + 4 * 8)]
    \op     x6, x7, [sp, #(FRAME_X0 + 6 * 8)]
    \op     x8, x9, [sp, #(FRAME_X0 + 8 * 8)]
    \op     x10, x11, [sp, #(FRAME_X0 + 10 * 8)]
    \op     x12, x13, [sp, #(FRAME_X0 + 12 * 8)]
    \op     x14, x15, [sp, #(FRAME_X0 + 14 * 8)]
    \op     x16, x17, [sp, #(FRAME_X0 + 16 * 8)]
.endm

.macro for_x18_x29 op
    \op     x18, x19, [sp, #(FRAME_X0 + 18 * 8)]
    \op     x20, x21, [sp, #(FRAME_X0 + 20 * 8)]
    \op     x22, x23, [sp, #(FRAME_X0 + 22 * 8)]
    \op     x24, x25, [sp, #(FRAME_X0 + 24 * 8)]
    \op     x26, x27, [sp, #(FRAME_X0 + 26 * 8)]
    \op     x28, x29, [sp, #(FRAME_X0 + 28 * 8)]
.endm

    .text
    .balign 2048
    .globl  vector_table
vector_table:
    vector  0, 1                    /* from EL1 on SP_EL0: synchronous, IRQ, FIQ, SError */
    vector  1, 1
    vector  2, 1
    vector  3, 1
    vector  4, 1                    /* from EL1 on SP_EL1 */
    vector  5, 1, irq_from_kernel
    vector  6, 1
    vector  7, 1
    .balign 128                     /* from EL0, AArch64; sp is the thread's stack, which is empty */
    sub     sp, sp, #FRAME_SIZE
    str     x16, [sp, #(FRAME_X0 + 16 * 8)]
    mrs     x16, ESR_EL1
    ubfx    x16, x16, #26, #6
    cmp     x16, #EC_SVC64
    b.eq    system_call
    ldr     x16, [sp, #(FRAME_X0 + 16 * 8)]
    stp     x0, x1, [sp, #FRAME_X0]
    mov     x0, #8
    b       trap_from_user
    vector  9, 0, trap_from_user
    vector  10, 0, trap_from_user
    vector  11, 0, trap_from_user
    vector  12, 0, trap_from_user   /* from EL0, AArch32 */
    vector  13, 0, trap_from_user
    vector  14, 0, trap_from_user
    vector  15, 0, trap_from_user
    .balign 128

/*
 * The kernel's stack pointer was no good, sp is a frame on the emergency stack that holds x1. x0 =
 * entry; TPIDRRO_EL0 and TPIDR_EL0 as above (the thread's own are lost: nothing returns from here).
 */
    .type   trap_bad_stack, %function
trap_bad_stack:
    mrs     x1, TPIDR_EL0
    str     x1, [sp, #FRAME_X0]
    mrs     x1, TPIDRRO_EL0
    add     x1, x1, #FRAME_SIZE
    str     x30, [sp, #(FRAME_X0 + 30 * 8)]
    bl      save_frame
    mov     x0, sp
    bl      trap_stack_fault
    b       park

/*
 * An interrupt of the kernel: C keeps x19 to x28, so they are not in the frame, nor is what tells of a
 * fault. x0 = entry, sp = frame that holds x0 and x1. irq_handle() may switch to another thread and
 * come back later, on another CPU.
 */
    .type   irq_from_kernel, %function
irq_from_kernel:
    for_x2_x17 stp
    str     x18, [sp, #(FRAME_X0 + 18 * 8)]
    str     x30, [sp, #(FRAME_X0 + 30 * 8)]
    mrs     x1, ELR_EL1
    mrs     x2, SPSR_EL1
    stp     x1, x2, [sp, #FRAME_PC]
    stp     x29, x1, [sp, #FRAME_RECORD]
    add     x29, sp, #FRAME_RECORD
    mov     w0, #1
    bl      irq_handle

    ldp     x1, x2, [sp, #FRAME_PC]
    msr     ELR_EL1, x1
    msr     SPSR_EL1, x2
    ldr     x29, [sp, #FRAME_RECORD]
    ldr     x30, [sp, #(FRAME_X0 + 30 * 8)]
    ldr     x18, [sp, #(FRAME_X0 + 18 * 8)]
    for_x2_x17 ldp
    ldp     x0, x1, [sp, #FRAME_X0]
    add     sp, sp, #FRAME_SIZE
    eret

/* x0 = entry, sp = frame that holds x0 and x1. */
    .type   trap_common, %function
trap_common:
    add     x1, sp, #FRAME_SIZE
    str     x30, [sp, #(FRAME_X0 + 30 * 8)]
    bl      save_frame
    mov     x0, sp
    bl      trap_handle

    ldp     x0, x1, [sp, #FRAME_PC]
restore_frame:
    msr     ELR_EL1, x0
    msr     SPSR_EL1, x1
    ldp     x0, x1, [sp, #FRAME_X0]
    for_x2_x17 ldp
    for_x18_x29 ldp
    ldr     x30, [sp, #(FRAME_X0 + 30 * 8)]
    add     sp, sp, #FRAME_SIZE
    eret

/*
 * The same from user mode: a stack walk ends here. On the way back the thread may have work to do, which may
 * change its registers in the frame, and the user's stack pointer is loaded again, which another thread's has
 * replaced if this one was away. user_work: sp = frame, complete, at the top of the thread's stack; interrupts
 * are off, x29 = 0.
 */
    .type   trap_from_user, %function
trap_from_user:
    mrs     x1, SP_EL0
    str     x30, [sp, #(FRAME_X0 + 30 * 8)]
    bl      save_frame
    mov     x29, xzr
    mov     x0, sp
    bl      trap_handle
1:  mrs     x0, TPIDR_EL1
    ldr     w1, [x0, #HEAD_USER_WORK]
    cbnz    w1, 2f
    ldr     x2, [sp, #FRAME_SP]
    ldp     x0, x1, [sp, #FRAME_PC]
    msr     SP_EL0, x2
    b       restore_frame
user_work:
2:  mov     x0, sp
    bl      user_return_work
    b       1b

/*
 * SVC of user mode. x8 = number, x0 to x5 = arguments; x0 = result, x19 to x30 and sp are kept, x1 to x18
 * come back 0. sp = frame, of which sp, pc, pstate, x29 and x30 are filled in. Interrupts are on in the
 * call, and the thread may come back on another CPU.
 */
    .type   system_call, %function
system_call:
    stp     x29, x30, [sp, #(FRAME_X0 + 29 * 8)]
    mrs     x16, ELR_EL1
    mrs     x17, SPSR_EL1
    mrs     x30, SP_EL0
    stp     x30, x16, [sp, #FRAME_SP]
    str     x17, [sp, #FRAME_PSTATE]
    mov     x29, xzr
    msr     daifclr, #(4 | 2)       /* interrupts and system errors */
    cmp     x8, #KEEL_SYS_COUNT
    b.hs    3f
    csel    x8, x8, xzr, lo         /* a wrong guess of the branch reads no other entry */
    hint    #20                     /* CSDB */
#ifdef CONFIG_SYSCALL_FROM_VDSO_ONLY
    mrs     x17, TPIDR_EL1
    ldr     x17, [x17, #HEAD_VDSO]
    sub     x16, x16, x17
    adrp    x17, vdso_image + KEEL_VDSO_SITES(KEEL_SYS_COUNT)
    add     x17, x17, :lo12:vdso_image + KEEL_VDSO_SITES(KEEL_SYS_COUNT)
    ldr     w17, [x17, x8, lsl #2]
    cmp     x16, x17
    b.ne    5f
6:
#endif
    adrp    x16, syscall_table
    add     x16, x16, :lo12:syscall_table
    ldr     x16, [x16, x8, lsl #3]
    blr     x16
1:  msr     daifset, #2
    mrs     x16, TPIDR_EL1
    ldr     w17, [x16, #HEAD_USER_WORK]
    cbnz    w17, 4f
2:  ldp     x30, x16, [sp, #FRAME_SP]
    ldr     x17, [sp, #FRAME_PSTATE]
    msr     SP_EL0, x30
    msr     ELR_EL1, x16
    msr     SPSR_EL1, x17
    ldp     x29, x30, [sp, #(FRAME_X0 + 29 * 8)]
    .irp n, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18
    mov     x\n, xzr
    .endr
    add     sp, sp, #FRAME_SIZE
    eret
3:  mov     x0, #ERR_NOSYS
    b       1b
4:  stp     x0, xzr, [sp, #FRAME_X0]
    .irp n, 2, 4, 6, 8, 10, 12, 14, 16
    stp     xzr, xzr, [sp, #(FRAME_X0 + \n * 8)]
    .endr
    stp     xzr, x19, [sp, #(FRAME_X0 + 18 * 8)]
    stp     x20, x21, [sp, #(FRAME_X0 + 20 * 8)]
    stp     x22, x23, [sp, #(FRAME_X0 + 22 * 8)]
    stp     x24, x25, [sp, #(FRAME_X0 + 24 * 8)]
    stp     x26, x27, [sp, #(FRAME_X0 + 26 * 8)]
    str     x28, [sp, #(FRAME_X0 + 28 * 8)]
    b       user_work
#ifdef CONFIG_SYSCALL_FROM_VDSO_ONLY
5:  stp     x0, x1, [sp, #FRAME_X0]
    stp     x2, x3, [sp, #(FRAME_X0 + 2 * 8)]
    stp     x4, x5, [sp, #(FRAME_X0 + 4 * 8)]
    str     x8, [sp, #(FRAME_X0 + 8 * 8)]
    mov     x0, x8
    ldr     x1, [sp, #FRAME_PC]
    bl      syscall_elsewhere
    mov     w16, w0
    ldp     x0, x1, [sp, #FRAME_X0]
    ldp     x2, x3, [sp, #(FRAME_X0 + 2 * 8)]
    ldp     x4, x5, [sp, #(FRAME_X0 + 4 * 8)]
    ldr     x8, [sp, #(FRAME_X0 + 8 * 8)]
    cbnz    w16, 6b
    mov     x0, #ERR_PERM
    b       1b
#endif

/* void arch_user_enter(virt_addr_t pc, virt_addr_t sp, uint64_t first, uint64_t second): leaves nothing on the thread's
 * stack, and nothing in the registers but the argument. */
    .globl  arch_user_enter
    .type   arch_user_enter, %function
arch_user_enter:
    msr     daifset, #2
    mrs     x4, TPIDR_EL1
    ldr     w5, [x4, #HEAD_USER_WORK]
    cbnz    w5, 1f
    ldr     x5, [x4, #HEAD_STACK_HIGH]
    mov     sp, x5
    msr     ELR_EL1, x0
    msr     SP_EL0, x1
    msr     SPSR_EL1, xzr
    mov     x0, x2
    mov     x1, x3
    .irp n, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30
    mov     x\n, xzr
    .endr
    eret
1:  ldr     x5, [x4, #HEAD_STACK_HIGH]
    sub     sp, x5, #FRAME_SIZE
    stp     x1, x0, [sp, #FRAME_SP]
    str     xzr, [sp, #FRAME_PSTATE]
    stp     x2, x3, [sp, #FRAME_X0]
    .irp n, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28
    stp     xzr, xzr, [sp, #(FRAME_X0 + \n * 8)]
    .endr
    str     xzr, [sp, #(FRAME_X0 + 30 * 8)]
    mov     x29, xzr
    b       user_work

/*
 * Completes the frame at sp, in which x0, x1 and x30 have been saved: x0 = entry, x1 = the
 * interrupted stack pointer. Leaves x29 at the frame's record, so that a stack walk goes on in the
 * interrupted code.
 */
save_frame:
    for_x2_x17 stp
    for_x18_x29 stp
    mrs     x2, ELR_EL1
    mrs     x3, SPSR_EL1
    stp     x1, x2, [sp, #FRAME_SP]
    str     x3, [sp, #FRAME_PSTATE]
    mrs     x3, ESR_EL1
    mrs     x4, FAR_EL1
    stp     x3, x4, [sp, #FRAME_ESR]
    str     x0, [sp, #FRAME_VECTOR]
    stp     x29, x2, [sp, #FRAME_RECORD]
    add     x29, sp, #FRAME_RECORD
    ret
