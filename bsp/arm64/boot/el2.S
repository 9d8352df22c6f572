/* SPDX-License-Identifier: MIT */
/* Leaving the hypervisor's level, with nothing of it in the kernel's way (Arm ARM DDI 0487,
 * D19). */
#include <arch/sysreg.h>
#include <generated/autoconf.h>

#define HCR_RW        (1 << 31)
#define HCR_APK       (1 << 40)
#define HCR_API       (1 << 41)
#define HCR_E2H_SHIFT 34
#define HCR_ATA       (1 << 56)

#define CPTR_RES1     0x33ff
#define CPTR_TZ       (1 << 8)
#define CPTR_E2H_FPEN (3 << 20)
#define CPTR_E2H_ZEN  (3 << 16)

/* \reg = field of 4 bits at \shift of the ID register \id. */
.macro id_field reg, id, shift
    mrs     \reg, \id
    ubfx    \reg, \reg, #\shift, #4
.endm

    .section .head.text, "ax"

/*
 * Returns at EL1 with SP_EL1 selected, DAIF masked, MMU off and defined system registers, whether
 * entered at EL2 or EL1. Uses x0 to x3; no stack.
 */
    .globl  enter_el1
enter_el1:
    msr     SPSel, #1
    mrs     x0, CurrentEL
    cmp     x0, #(2 << 2)
    b.eq    leave_el2
    ldr     x0, =SCTLR_EL1_OFF
    msr     SCTLR_EL1, x0
    isb
    b       init_el1

/* At EL2. */
leave_el2:
    ldr     x0, =SCTLR_EL2_OFF
    msr     SCTLR_EL2, x0

    /* EL1 is AArch64, nothing of it traps, pointer authentication and tags included. */
    ldr     x0, =(HCR_RW | HCR_APK | HCR_API | HCR_ATA)
    msr     HCR_EL2, x0
    isb
    mrs     x3, HCR_EL2             /* where E2H cannot be cleared, bit 34 of x3 stays set */

    /* Counters: EL1 may read and program them, the virtual one is the physical one. */
    mov     x0, #3
    tbz     x3, #HCR_E2H_SHIFT, 1f
    lsl     x0, x0, #10
1:  msr     CNTHCTL_EL2, x0
    msr     CNTVOFF_EL2, xzr

    /* Floating point and SVE do not trap here; CPACR_EL1 decides. */
    id_field x1, ID_AA64PFR0_EL1, 32
    tbnz    x3, #HCR_E2H_SHIFT, 2f
    mov     x0, #CPTR_RES1
    cbz     x1, 3f
    bic     x0, x0, #CPTR_TZ
    b       3f
2:  ldr     x0, =(CPTR_E2H_FPEN | CPTR_E2H_ZEN)
3:  msr     CPTR_EL2, x0
    isb
    cbz     x1, 4f
    mov     x0, #0xf                /* the longest vectors there are */
    msr     SYSREG_ZCR_EL2, x0
4:
    /* No 32-bit traps, no second stage, the CPU's own identity. */
    msr     HSTR_EL2, xzr
    msr     VTTBR_EL2, xzr
    mrs     x0, MIDR_EL1
    msr     VPIDR_EL2, x0
    mrs     x0, MPIDR_EL1
    msr     VMPIDR_EL2, x0

    /* Debug and performance counters belong to EL1. */
    mov     x0, xzr
    id_field x1, ID_AA64DFR0_EL1, 8
    cbz     x1, 5f
    cmp     x1, #0xf
    b.eq    5f
    mrs     x0, PMCR_EL0
    ubfx    x0, x0, #11, #5         /* N: MDCR_EL2.HPMN = all counters */
5:  msr     MDCR_EL2, x0

    /* The interrupt controller's system registers, where it has them. */
    id_field x1, ID_AA64PFR0_EL1, 24
    cbz     x1, 6f
    mrs     x0, SYSREG_ICC_SRE_EL2
    orr     x0, x0, #(1 << 0)       /* SRE */
    orr     x0, x0, #(1 << 3)       /* Enable */
    msr     SYSREG_ICC_SRE_EL2, x0
    isb
    mrs     x0, SYSREG_ICC_SRE_EL2
    tbz     x0, #0, 6f              /* the controller has no such interface */
    msr     SYSREG_ICH_HCR_EL2, xzr
6:
    /* Fine-grained traps off. */
    id_field x1, ID_AA64MMFR0_EL1, 56
    cbz     x1, 7f
    msr     SYSREG_HFGRTR_EL2, xzr
    msr     SYSREG_HFGWTR_EL2, xzr
    msr     SYSREG_HFGITR_EL2, xzr
    msr     SYSREG_HDFGRTR_EL2, xzr
    msr     SYSREG_HDFGWTR_EL2, xzr
    id_field x1, ID_AA64PFR0_EL1, 44
    cbz     x1, 7f
    msr     SYSREG_HAFGRTR_EL2, xzr
7:  id_field x1, ID_AA64MMFR1_EL1, 40
    cbz     x1, 8f
    mov     x0, #(1 << 11)          /* MSCEn: memory copy instructions */
    msr     SYSREG_HCRX_EL2, x0
8:
    /* SCTLR_EL1 has its own name for EL2 while E2H is set. */
    ldr     x0, =SCTLR_EL1_OFF
    tbz     x3, #HCR_E2H_SHIFT, 9f
    msr     SYSREG_SCTLR_EL12, x0
    b       10f
9:  msr     SCTLR_EL1, x0
10: adr     x0, init_el1
    msr     ELR_EL2, x0
    mov     x0, #(PSR_DAIF | PSR_EL1H)
    msr     SPSR_EL2, x0
    eret

/* At EL1: what has no defined value after reset. Floating point stays off: the kernel has no use
 * for it. */
init_el1:
    msr     SPSel, #1
    msr     CPACR_EL1, xzr
    mov     x0, #(1 << 1)           /* EL0VCTEN: of the counters, user space has the virtual one */
    msr     CNTKCTL_EL1, x0
    mov     x0, #(1 << 12)          /* TDCC: no debug channel either */
    msr     MDSCR_EL1, x0
    msr     CONTEXTIDR_EL1, xzr
    msr     TPIDR_EL0, xzr
    msr     TPIDRRO_EL0, xzr
    msr     TPIDR_EL1, xzr
    id_field x1, ID_AA64PFR0_EL1, 44
    cbz     x1, 1f
    msr     SYSREG_AMUSERENR, xzr
1:  id_field x1, ID_AA64DFR0_EL1, 8
    cbz     x1, 2f
    cmp     x1, #0xf
    b.eq    2f
    msr     PMUSERENR_EL0, xzr
#ifdef CONFIG_BENCH
    /* Counter 0 counts executed instructions (event 0x08) from here on, for user space as well. */
    mov     x0, #0x8
    msr     PMEVTYPER0_EL0, x0
    msr     PMEVCNTR0_EL0, xzr
    mov     x0, #1
    msr     PMOVSCLR_EL0, x0
    msr     PMCNTENSET_EL0, x0
    msr     PMUSERENR_EL0, x0
    mrs     x0, PMCR_EL0
    orr     x0, x0, #1              /* E */
    msr     PMCR_EL0, x0
#endif
2:  isb
    ret
    .ltorg
