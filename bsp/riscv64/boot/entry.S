/* SPDX-License-Identifier: MIT */
/* From the firmware's jump to C at the kernel's virtual address. */
#include <arch/csr.h>
#include <arch/layout.h>

/*
 * Entered in S-mode with the MMU off (satp 0), at any 2 MiB aligned address:
 *   a0  id of this hart
 *   a1  physical address of the device tree
 * Firmware with the HSM extension enters one hart. Older firmware releases all of them at once: the
 * first to draw boots, the others wait here for ever.
 *
 * s2, s3 keep a0, a1; s4 the count of instructions so far.
 */
    .section .text.boot, "ax"
    .globl boot_entry
    .hidden boot_entry
boot_entry:
    csrw    sie, zero
    li      t0, SSTATUS_SIE | SSTATUS_FS | SSTATUS_VS | SSTATUS_SUM | SSTATUS_MXR
    csrc    sstatus, t0
    lla     t0, boot_trap
    csrw    stvec, t0
    mv      s2, a0
    mv      s3, a1
#ifdef CONFIG_BENCH
    csrr    s4, instret
#endif

    lla     t0, boot_lottery
    li      t1, 1
    amoadd.w.aqrl t0, t1, (t0)
    bnez    t0, park

    lla     t0, _bss_start
    lla     t1, _bss_end
clear_bss:
    sd      zero, 0(t0)
    sd      zero, 8(t0)
    sd      zero, 16(t0)
    sd      zero, 24(t0)
    sd      zero, 32(t0)
    sd      zero, 40(t0)
    sd      zero, 48(t0)
    sd      zero, 56(t0)
    addi    t0, t0, 64
    bltu    t0, t1, clear_bss

    lla     sp, boot_stack_end
    li      s0, 0
    mv      a0, s3
    call    boot_early

    /* a0 = virtual less physical address of the image; both are mapped. */
    add     sp, sp, a0
    lla     t0, boot_high
    add     t0, t0, a0
    jr      t0
boot_high:
#ifdef CONFIG_BENCH
    lla     t0, boot_instret
    sd      s4, 0(t0)
#endif
    mv      a0, s2
    mv      a1, s3
    li      s0, 0
    li      ra, 0
    tail    boot_main

/* Waits for ever without touching memory, also where the hart may not even wait (a trap by wfi). */
park:
    lla     t0, parked
    csrw    stvec, t0
    .balign 4
parked:
    wfi
    j       parked

/* A trap before arch_trap_init(): firmware's console is the only way to tell. The stack may be
 * anything, so it starts anew. */
    .balign 4
boot_trap:
    lla     sp, boot_stack_end
    li      s0, 0
    csrr    a0, scause
    csrr    a1, sepc
    csrr    a2, stval
    call    boot_trap_report
    j       park

    .section .data
    .balign 4
boot_lottery:
    .4byte  0

/* The boot hart's stack; the page under it is unmapped in the final tables. */
    .section .noinit, "aw", @nobits
    .balign PAGE_SIZE
    .globl boot_stack_guard
    .hidden boot_stack_guard
boot_stack_guard:
    .skip   PAGE_SIZE
    .globl boot_stack
    .hidden boot_stack
boot_stack:
    .skip   KERNEL_STACK_SIZE
    .globl boot_stack_end
    .hidden boot_stack_end
boot_stack_end:
