/* SPDX-License-Identifier: MIT */
/* Accesses that may fault: each names in .extable where it goes on when it does. */
#include <generated/asm-offsets.h>

.macro guarded fixup, insn:vararg
9:  \insn
    .pushsection .extable, "a"
    .balign 4
    .long   9b - .
    .long   \fixup - .
    .popsection
.endm

    .text

/* int arch_copy_nofault(void *dst, const void *src, size_t n): words and what is left of one while all is
 * aligned, else bytes. */
    .globl  arch_copy_nofault
    .type   arch_copy_nofault, %function
arch_copy_nofault:
    orr     x3, x0, x1
    tst     x3, #7
    b.ne    5f
1:  subs    x2, x2, #16
    b.lo    2f
    guarded nofault_failed, ldp x3, x4, [x1], #16
    guarded nofault_failed, stp x3, x4, [x0], #16
    b       1b
2:  tbz     x2, #3, 3f
    guarded nofault_failed, ldr x3, [x1], #8
    guarded nofault_failed, str x3, [x0], #8
3:  tbz     x2, #2, 4f
    guarded nofault_failed, ldr w3, [x1], #4
    guarded nofault_failed, str w3, [x0], #4
4:  ands    x2, x2, #3
    b.eq    6f
5:  cbz     x2, 6f
    guarded nofault_failed, ldrb w3, [x1], #1
    guarded nofault_failed, strb w3, [x0], #1
    sub     x2, x2, #1
    b       5b
6:  mov     w0, wzr
    ret

/* int nofault_readN(virt_addr_t va, uint64_t *value) */
.macro reader name, insn:vararg
    .globl  \name
    .type   \name, %function
\name:
    guarded nofault_failed, \insn
    dmb     oshld
    str     x2, [x1]
    mov     w0, wzr
    ret
.endm

    reader  nofault_read1, ldrb w2, [x0]
    reader  nofault_read2, ldrh w2, [x0]
    reader  nofault_read4, ldr w2, [x0]
    reader  nofault_read8, ldr x2, [x0]

/* int nofault_writeN(virt_addr_t va, uint64_t value). An abort that the bus reports late is
 * waited for. */
.macro writer name, insn:vararg
    .globl  \name
    .type   \name, %function
\name:
    dmb     oshst
    guarded nofault_failed, \insn
    dsb     sy
    mov     w0, wzr
    ret
.endm

    writer  nofault_write1, strb w1, [x0]
    writer  nofault_write2, strh w1, [x0]
    writer  nofault_write4, str w1, [x0]
    writer  nofault_write8, str x1, [x0]

nofault_failed:
    mov     w0, #ERR_FAULT
    ret

/* int64_t smccc_hvc(uint64_t function, a1, a2, a3), smccc_smc likewise: the firmware may change
 * x4 to x17, which are the caller's anyway. */
    .globl  smccc_hvc
    .type   smccc_hvc, %function
smccc_hvc:
    guarded smccc_failed, hvc #0
    ret
    .globl  smccc_smc
    .type   smccc_smc, %function
smccc_smc:
    guarded smccc_failed, smc #0
    ret
smccc_failed:
    mov     x0, #-1
    ret

/* int64_t arch_semihost(uint32_t op, uint64_t parameter) */
    .globl  arch_semihost
    .type   arch_semihost, %function
arch_semihost:
    guarded semihost_failed, hlt #0xf000
    ret
semihost_failed:
    mov     x0, #ERR_NOSYS
    ret
