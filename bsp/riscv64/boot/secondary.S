/* SPDX-License-Identifier: MIT */
/* From firmware's jump to C at the kernel's virtual address, of every hart but the first. */
#include <arch/csr.h>
#include <generated/asm-offsets.h>

/*
 * Entered in S-mode by SBI HSM hart_start (SBI 2.0, 9.1): satp 0, interrupts masked,
 *   a0  id of this hart
 *   a1  physical address of its struct secondary_boot
 *
 * The kernel's tables map nothing at physical addresses. With the MMU on the next fetch faults, and the
 * trap leads to where stvec points, at the virtual address. A hart that has the instructions after the
 * switch already goes there by itself.
 */
    .section .text.boot, "ax"
    .globl secondary_entry
    .hidden secondary_entry
    .balign 4
secondary_entry:
    csrw    sie, zero
    li      t0, SSTATUS_SIE | SSTATUS_FS | SSTATUS_VS | SSTATUS_SUM | SSTATUS_MXR
    csrc    sstatus, t0
    ld      t0, SECONDARY_SATP(a1)
    ld      t1, SECONDARY_HIGH(a1)
    ld      a0, SECONDARY_SELF(a1)
    csrw    stvec, t1
    sfence.vma
    fence.i
    csrw    satp, t0
    sfence.vma
    jr      t1

    .globl secondary_high
    .hidden secondary_high
    .balign 4
secondary_high:
    lla     t0, secondary_park
    csrw    stvec, t0
    ld      sp, SECONDARY_STACK_TOP(a0)
    li      s0, 0
    li      ra, 0
    tail    secondary_main

/* A trap before this hart has its own handler: it waits for ever, nobody counts on it. */
    .balign 4
secondary_park:
    wfi
    j       secondary_park
