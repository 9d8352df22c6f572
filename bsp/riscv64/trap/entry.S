/* SPDX-License-Identifier: MIT */
/* Where stvec points: saves the interrupted state, calls trap_handle(), restores it. */
#include <arch/csr.h>
#include <generated/asm-offsets.h>

#define REG_SIZE 8
#define FRAME_REG(n) (((n) - 1) * REG_SIZE)

/* All but sp (x2), t0 (x5) and t1 (x6), which the code around deals with. */
.macro for_other_regs op
    .irp n, 1, 3, 4, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31
    \op     x\n, FRAME_REG(\n)(sp)
    .endr
.endm

/*
 * Entered from S-mode with interrupts masked, every register the interrupted code's, sscratch = this
 * hart's struct trap_stack, tp = the running thread's head. The frame goes below sp. Where sp does not
 * lie in the thread's stack with room for a frame, as after an overflow, the frame goes to the
 * emergency stack.
 */
    .section .text.trap, "ax"
    .balign 4
    .globl trap_entry
    .hidden trap_entry
trap_entry:
    csrrw   t0, sscratch, t0
    sd      t1, TRAP_STACK_SAVED(t0)
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

    ld      t0, TRAP_FRAME_PC(sp)
    csrw    sepc, t0
    ld      t0, TRAP_FRAME_STATUS(sp)
    csrw    sstatus, t0
    for_other_regs ld
    ld      t0, FRAME_REG(5)(sp)
    ld      t1, FRAME_REG(6)(sp)
    ld      sp, FRAME_REG(2)(sp)
    sret

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
