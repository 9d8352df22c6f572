/* SPDX-License-Identifier: MIT */
/* From the firmware's jump to C at the kernel's virtual address, of every CPU but the first. */
#include <arch/sysreg.h>
#include <generated/asm-offsets.h>

    .section .head.text, "ax"

/*
 * Entered by PSCI CPU_ON (DEN0022, 5.4) or out of a spin table, at EL2 or EL1, MMU and data cache off,
 * DAIF masked. A spin table hands nothing over, so what a PSCI has in x0 is not looked at either: the
 * CPU finds its struct secondary_boot by its affinity in secondary_table, which was written to memory.
 * A CPU that comes before its entry is there waits for it.
 */
    .globl  secondary_entry
    .type   secondary_entry, %function
secondary_entry:
    bl      enter_el1
    mrs     x1, MPIDR_EL1
    ldr     x2, =MPIDR_AFFINITY
    and     x1, x1, x2
again:
    adrp    x3, secondary_table
    add     x3, x3, :lo12:secondary_table
    mov     x4, #SECONDARY_CPUS
next:
    ldp     x5, x0, [x3], #16       /* affinity, address of the struct secondary_boot */
    cmp     x5, x1
    b.ne    1f
    cbnz    x0, found
1:  subs    x4, x4, #1
    b.ne    next
    wfe
    b       again
found:
    ldr     x19, [x0, #SECONDARY_SELF]
    ldr     x1, [x0, #SECONDARY_HIGH_ROOT]
    ldr     x2, [x0, #SECONDARY_HIGH]
    ldr     x0, [x0, #SECONDARY_LOW_ROOT]
    b       mmu_on
    .ltorg

/* In: x19 = struct secondary_boot at its virtual address; MMU on. */
    .text
    .globl  secondary_high
    .type   secondary_high, %function
secondary_high:
    ldr     x0, [x19, #SECONDARY_STACK_TOP]
    mov     sp, x0
    mov     x29, xzr
    mov     x30, xzr
    mov     x0, x19
    b       secondary_main
