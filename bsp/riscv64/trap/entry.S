/* SPDX-License-Identifier: MIT */
/* Where stvec points: saves the interrupted state, calls trap_handle(), restores it. */
#include <arch/csr.h>
#include <generated/asm-offsets.h>
#include <keel/syscall_numbers.h>
#include <keel/vdso.h>

#define REG_SIZE 8
#define FRAME_REG(n) (((n) - 1) * REG_SIZE)

/* All but sp (x2), t0 (x5) and t1 (x6), which the code around deals with. */
.macro for_other_regs op
    .irp n, 1, 3, 4, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31
    \op     x\n, FRAME_REG(\n)(sp)
    .endr
.endm

/*
 * Entered with interrupts masked, every register the interrupted code's, sscratch = this hart's struct
 * trap_stack. From S-mode tp = the running thread's head, and the frame goes below sp. Where sp does not
 * lie in the thread's stack with room for a frame, as after an overflow, the frame goes to the
 * emergency stack. From user mode the head stands in the struct trap_stack, and the frame goes to the top
 * of the thread's stack.
 */
    .section .text.trap, "ax"
    .balign 4
    .globl trap_entry
    .hidden trap_entry
trap_entry:
    csrrw   t0, sscratch, t0
    sd      t1, TRAP_STACK_SAVED(t0)
    csrr    t1, sstatus
    andi    t1, t1, SSTATUS_SPP
    beqz    t1, .Lfrom_user
    ld      t1, THREAD_STACK_LOW(tp)
    addi    t1, t1, TRAP_FRAME_SIZE
    bltu    sp, t1, .Lbad_stack
    ld      t1, THREAD_STACK_HIGH(tp)
    bgtu    sp, t1, .Lbad_stack
    addi    t1, sp, -TRAP_FRAME_SIZE
.Lsave:
    sd      sp, FRAME_REG(2)(t1)
    mv      sp, t1
    ld      t1, TRAP_STACK_SAVED(t0)
    sd      t1, FRAME_REG(6)(sp)
    csrrw   t0, sscratch, t0
    sd      t0, FRAME_REG(5)(sp)
    for_other_regs sd
    csrr    t0, sepc
    sd      t0, TRAP_FRAME_PC(sp)
    sd      t0, TRAP_FRAME_RECORD + 8(sp)
    sd      s0, TRAP_FRAME_RECORD(sp)
    addi    s0, sp, TRAP_FRAME_RECORD + 16
    csrr    t0, sstatus
    sd      t0, TRAP_FRAME_STATUS(sp)
    li      t0, SSTATUS_SUM         /* user pages are closed to the handler */
    csrc    sstatus, t0
    csrr    t0, scause
    sd      t0, TRAP_FRAME_CAUSE(sp)
    csrr    t0, stval
    sd      t0, TRAP_FRAME_VALUE(sp)
    mv      a0, sp
    call    trap_handle

    ld      t0, TRAP_FRAME_STATUS(sp)
    csrw    sstatus, t0
.Lrestore:
    ld      t0, TRAP_FRAME_PC(sp)
    csrw    sepc, t0
    for_other_regs ld
    ld      t0, FRAME_REG(5)(sp)
    ld      t1, FRAME_REG(6)(sp)
    ld      sp, FRAME_REG(2)(sp)
    sret

/* t0 = this hart's struct trap_stack, which holds t1; sscratch = t0 of the user. */
.Lfrom_user:
    sd      tp, TRAP_STACK_TP(t0)
    ld      tp, TRAP_STACK_HEAD(t0)
    ld      t1, THREAD_STACK_HIGH(tp)
    addi    t1, t1, -TRAP_FRAME_SIZE
    sd      sp, FRAME_REG(2)(t1)
    mv      sp, t1
    ld      t1, TRAP_STACK_TP(t0)
    sd      t1, FRAME_REG(4)(sp)
    csrr    t1, scause
    addi    t1, t1, -CAUSE_USER_ECALL
    beqz    t1, .Lsystem_call
    ld      t1, TRAP_STACK_SAVED(t0)
    sd      t1, FRAME_REG(6)(sp)
    csrrw   t0, sscratch, t0
    sd      t0, FRAME_REG(5)(sp)
    .irp n, 1, 3, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31
    sd      x\n, FRAME_REG(\n)(sp)
    .endr
    csrr    t0, sepc
    sd      t0, TRAP_FRAME_PC(sp)
    csrr    t0, sstatus
    sd      t0, TRAP_FRAME_STATUS(sp)
    csrr    t0, scause
    sd      t0, TRAP_FRAME_CAUSE(sp)
    csrr    t0, stval
    sd      t0, TRAP_FRAME_VALUE(sp)
    li      s0, 0                   /* ends stack walks */
    mv      a0, sp
    call    trap_handle
1:  lw      t0, THREAD_USER_WORK(tp)
    bnez    t0, 2f
    csrr    t0, sscratch            /* that of the hart this is now */
    sd      tp, TRAP_STACK_HEAD(t0)
    ld      t0, TRAP_FRAME_STATUS(sp)
    csrw    sstatus, t0
    j       .Lrestore
/* sp = frame, complete, at the top of the thread's stack; s0 = 0. Interrupts are off. The registers in the frame may be
 * others then, and the floating-point registers another thread's. */
.Luser_work:
2:  mv      a0, sp
    call    user_return_work
    csrr    t0, sstatus
    ld      t1, TRAP_FRAME_STATUS(sp)
    li      t2, SSTATUS_FS
    and     t0, t0, t2
    not     t2, t2
    and     t1, t1, t2
    or      t1, t1, t0
    sd      t1, TRAP_FRAME_STATUS(sp)
    j       1b

/* The status of a frame that is made here, not by a trap; uses t0, t1. */
.macro frame_status
    csrr    t0, sstatus
    li      t1, ~SSTATUS_SPP
    and     t0, t0, t1
    li      t1, 1 << SSTATUS_SPIE_BIT
    or      t0, t0, t1
    sd      t0, TRAP_FRAME_STATUS(sp)
.endm

/*
 * ECALL of user mode. a7 = number, a0 to a5 = arguments; a0 = result, s0 to s11, ra, sp, gp and tp are kept,
 * all other registers come back 0. sp = frame, which holds sp and tp. Interrupts are on in the call, and
 * the thread may come back on another hart.
 */
.Lsystem_call:
    csrw    sscratch, t0
    sd      ra, FRAME_REG(1)(sp)
    sd      s0, FRAME_REG(8)(sp)
    csrr    t1, sepc
    addi    t1, t1, 4
    sd      t1, TRAP_FRAME_PC(sp)
    li      s0, 0
    csrsi   sstatus, SSTATUS_SIE
    sltiu   t1, a7, KEEL_SYS_COUNT
    beqz    t1, 3f
    neg     t1, t1                  /* a wrong guess of the branch reads no other entry */
    and     a7, a7, t1
#ifdef CONFIG_SYSCALL_FROM_VDSO_ONLY
    ld      t0, TRAP_FRAME_PC(sp)
    ld      t1, THREAD_VDSO(tp)
    sub     t0, t0, t1
    lla     t1, vdso_image + KEEL_VDSO_SITES(KEEL_SYS_COUNT)
    slli    t2, a7, 2
    add     t1, t1, t2
    lwu     t1, 0(t1)
    bne     t0, t1, 5f
6:
#endif
    slli    a7, a7, 3
    lla     t1, syscall_table
    add     t1, t1, a7
    ld      t1, 0(t1)
    jalr    t1
1:  csrci   sstatus, SSTATUS_SIE
    lw      t0, THREAD_USER_WORK(tp)
    bnez    t0, 4f
    csrr    t0, sscratch
    sd      tp, TRAP_STACK_HEAD(t0)
    ld      t0, TRAP_FRAME_PC(sp)
    csrw    sepc, t0
    li      t0, SSTATUS_SPP
    csrc    sstatus, t0
    li      t0, 1 << SSTATUS_SPIE_BIT
    csrs    sstatus, t0
    ld      ra, FRAME_REG(1)(sp)
    ld      s0, FRAME_REG(8)(sp)
    ld      tp, FRAME_REG(4)(sp)
    ld      sp, FRAME_REG(2)(sp)
    .irp n, 5, 6, 7, 11, 12, 13, 14, 15, 16, 17, 28, 29, 30, 31
    li      x\n, 0
    .endr
    sret
3:  li      a0, -ENOSYS
    j       1b
4:  sd      a0, FRAME_REG(10)(sp)
    .irp n, 3, 9, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27
    sd      x\n, FRAME_REG(\n)(sp)
    .endr
    .irp n, 5, 6, 7, 11, 12, 13, 14, 15, 16, 17, 28, 29, 30, 31
    sd      zero, FRAME_REG(\n)(sp)
    .endr
    frame_status
    j       .Luser_work
#ifdef CONFIG_SYSCALL_FROM_VDSO_ONLY
5:  .irp n, 10, 11, 12, 13, 14, 15, 17
    sd      x\n, FRAME_REG(\n)(sp)
    .endr
    mv      a0, a7
    ld      a1, TRAP_FRAME_PC(sp)
    call    syscall_elsewhere
    mv      t0, a0
    .irp n, 10, 11, 12, 13, 14, 15, 17
    ld      x\n, FRAME_REG(\n)(sp)
    .endr
    bnez    t0, 6b
    li      a0, -EPERM
    j       1b
#endif

/* void arch_user_enter(virt_addr_t pc, virt_addr_t sp, uint64_t first, uint64_t second): leaves nothing on the thread's
 * stack, and nothing in the registers but the argument. */
    .globl  arch_user_enter
    .hidden arch_user_enter
    .type   arch_user_enter, @function
arch_user_enter:
    csrci   sstatus, SSTATUS_SIE
    lw      t0, THREAD_USER_WORK(tp)
    bnez    t0, 1f
    csrr    t0, sscratch
    sd      tp, TRAP_STACK_HEAD(t0)
    li      t0, SSTATUS_SPP
    csrc    sstatus, t0
    li      t0, 1 << SSTATUS_SPIE_BIT
    csrs    sstatus, t0
    csrw    sepc, a0
    mv      sp, a1
    mv      a0, a2
    mv      a1, a3
    .irp n, 1, 3, 4, 5, 6, 7, 8, 9, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31
    li      x\n, 0
    .endr
    sret
1:  ld      sp, THREAD_STACK_HIGH(tp)
    addi    sp, sp, -TRAP_FRAME_SIZE
    .irp n, 1, 3, 4, 5, 6, 7, 8, 9, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31
    sd      zero, FRAME_REG(\n)(sp)
    .endr
    sd      a0, TRAP_FRAME_PC(sp)
    sd      a1, FRAME_REG(2)(sp)
    sd      a2, FRAME_REG(10)(sp)
    sd      a3, FRAME_REG(11)(sp)
    frame_status
    li      s0, 0
    j       .Luser_work

/* A trap within a trap on the emergency stack goes on below; otherwise it starts at its top. */
.Lbad_stack:
    ld      t1, TRAP_STACK_EMERGENCY_LOW(t0)
    addi    t1, t1, TRAP_FRAME_SIZE
    bltu    sp, t1, .Lstart_emergency
    ld      t1, TRAP_STACK_EMERGENCY_HIGH(t0)
    bgtu    sp, t1, .Lstart_emergency
    addi    t1, sp, -TRAP_FRAME_SIZE
    j       .Lsave
.Lstart_emergency:
    ld      t1, TRAP_STACK_EMERGENCY_HIGH(t0)
    addi    t1, t1, -TRAP_FRAME_SIZE
    j       .Lsave
