/* SPDX-License-Identifier: MIT */
/* From the boot loader's jump to C at the kernel's virtual address. */
#include <arch/layout.h>
#include <arch/sysreg.h>
#include <generated/autoconf.h>

/* \reg = the address of \symbol, wherever the image runs. */
.macro address reg, symbol
    adrp    \reg, \symbol
    add     \reg, \reg, :lo12:\symbol
.endm

    .section .head.text, "ax"

/*
 * In: x0 = physical address of the device tree, MMU off, data cache off, EL2 or EL1, DAIF masked.
 * The image may lie at any multiple of 2 MiB; only this CPU runs.
 *
 * What is written while the MMU is off goes to memory past the caches. Lines that an earlier stage
 * left in them must neither be written back over it later nor be read instead of it, so they are
 * dropped before the first write and once more before the MMU is switched on.
 */
    .globl  primary_entry
    .type   primary_entry, %function
primary_entry:
    mov     x19, x0
    bl      enter_el1

    address x0, _bss_start
    address x1, _bss_end
    bl      drop_lines
    address x0, boot_stack
    address x1, boot_stack_end
    bl      drop_lines
    bl      clear_bss

    address x0, boot_stack_end
    mov     sp, x0
    mov     x29, xzr
    mov     x30, xzr
    adrp    x0, _image_start
    bl      early_main              /* x0 = virtual address of the image */

    address x20, enter_high
    adrp    x1, _image_start
    sub     x20, x20, x1
    add     x20, x20, x0            /* where enter_high is from now on */

    address x0, _rodata_start
    address x1, _noinit_start
    bl      drop_lines
    address x0, boot_stack
    address x1, boot_stack_end
    bl      drop_lines
    adrp    x1, kernel_root
    ldr     x1, [x1, :lo12:kernel_root]
    adrp    x0, identity_root
    ldr     x0, [x0, :lo12:identity_root]
    mov     x2, x20
    b       mmu_on

/* In: x19 as left above; MMU on, at the virtual address. */
enter_high:
    address x0, boot_stack_end
    mov     sp, x0
    mov     x29, xzr
    mov     x30, xzr
    mov     x0, x19
    b       arch_boot_main

/* Nothing returns to here. */
    .globl  park
park:
    wfi
    b       park

/* Drops the cache lines of [x0, x1), not empty, page aligned. Leaf; uses x2, x3. */
drop_lines:
    mrs     x2, CTR_EL0
    ubfx    x2, x2, #16, #4         /* DminLine: log2 of words */
    mov     x3, #4
    lsl     x2, x3, x2
1:  dc      ivac, x0
    add     x0, x0, x2
    cmp     x0, x1
    b.lo    1b
    dsb     sy
    ret

/* Leaf; uses x0, x1. The bounds are page aligned, and there is something between them. */
clear_bss:
    address x0, _bss_start
    address x1, _bss_end
1:
    .rept   8
    stp     xzr, xzr, [x0], #16
    .endr
    cmp     x0, x1
    b.lo    1b
    ret

    .section .idmap.text, "ax"

/*
 * Switches the MMU on and goes to x2. x0, x1 = roots of the low and the high half. Runs at its
 * physical address, which is mapped to itself. Uses x3 to x5.
 */
    .globl  mmu_on
mmu_on:
    ldr     x3, =MAIR_VALUE
    msr     MAIR_EL1, x3
    ldr     x3, =TCR_VALUE
    mrs     x4, ID_AA64MMFR0_EL1
    ubfx    x5, x4, #4, #4          /* ASIDBits: 2 is 16 bits */
    cmp     x5, #2
    cset    x5, eq
    bfi     x3, x5, #TCR_AS_SHIFT, #1
    and     x5, x4, #0xf            /* PARange, at most 48 bits */
    cmp     x5, #5
    mov     x4, #5
    csel    x5, x5, x4, lo
    bfi     x3, x5, #TCR_IPS_SHIFT, #3
    mrs     x4, SYSREG_AA64MMFR2
    ubfx    x4, x4, #60, #4         /* E0PD */
    cmp     x4, #0
    cset    x4, ne
    bfi     x3, x4, #TCR_E0PD1_SHIFT, #1
    msr     TCR_EL1, x3
    msr     TTBR0_EL1, x0
    msr     TTBR1_EL1, x1
    ic      iallu
    tlbi    vmalle1
    dsb     nsh
    isb
    ldr     x3, =SCTLR_EL1_ON
    msr     SCTLR_EL1, x3
    isb
    br      x2

/*
 * Goes from one set of high tables to another, through a moment with none: x0 = the new root, x1 =
 * a page of zeroes, x30 = where to go on. Runs at its physical address; uses no memory. Leaf; uses
 * x2.
 */
    .globl  replace_high_tables
replace_high_tables:
    msr     TTBR1_EL1, x1
    isb
    tlbi    vmalle1
    dsb     nsh
    isb
    msr     TTBR1_EL1, x0
    isb
    ret
    .ltorg
