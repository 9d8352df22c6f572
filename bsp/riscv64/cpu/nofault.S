/* SPDX-License-Identifier: MIT */
/* Single accesses and instructions that may trap: each gives 0, or -EFAULT by the fix-up table. */
#include <arch/cbo.h>
#include <arch/csr.h>
#include <generated/asm-offsets.h>

/* The instruction that follows may trap; then execution goes on at `to`. */
.macro MAY_TRAP to
9999:
    .pushsection .extable, "a"
    .balign 4
    .4byte  9999b - .
    .4byte  \to - .
    .popsection
.endm

.macro FUNCTION name
    .globl  \name
    .hidden \name
    .type   \name, @function
\name:
.endm

    .text
    .option norvc

/* a0: block */
FUNCTION nofault_cbo_zero
    MAY_TRAP fault
    CBO_ZERO_A0
    li      a0, 0
    ret

FUNCTION nofault_cbo_flush
    MAY_TRAP fault
    CBO_FLUSH_A0
    li      a0, 0
    ret

FUNCTION nofault_cbo_inval
    MAY_TRAP fault
    CBO_INVAL_A0
    li      a0, 0
    ret

/* a0: where the value goes. The read must be a csrrw, see Scalar Cryptography 4.1. */
FUNCTION nofault_read_seed
    MAY_TRAP fault
    csrrw   t0, CSR_SEED, zero
    sd      t0, 0(a0)
    li      a0, 0
    ret

/* a0: value */
FUNCTION nofault_write_stimecmp
    MAY_TRAP fault
    csrw    CSR_STIMECMP, a0
    li      a0, 0
    ret

/* a0: where the value goes. */
FUNCTION nofault_read_cycle
    MAY_TRAP fault
    csrr    t0, cycle
    sd      t0, 0(a0)
    li      a0, 0
    ret

/* a0: address, a1: where the value goes, as 64 bits. */
.macro READ_FUNCTION name, load
FUNCTION \name
    MAY_TRAP fault
    \load   t0, 0(a0)
    fence   i, ior
    sd      t0, 0(a1)
    li      a0, 0
    ret
.endm

/* a0: address, a1: value. */
.macro WRITE_FUNCTION name, store
FUNCTION \name
    fence   iow, o
    MAY_TRAP fault
    \store  a1, 0(a0)
    li      a0, 0
    ret
.endm

READ_FUNCTION nofault_read8, lbu
READ_FUNCTION nofault_read16, lhu
READ_FUNCTION nofault_read32, lwu
READ_FUNCTION nofault_read64, ld
WRITE_FUNCTION nofault_write8, sb
WRITE_FUNCTION nofault_write16, sh
WRITE_FUNCTION nofault_write32, sw
WRITE_FUNCTION nofault_write64, sd

/*
 * int arch_copy_nofault(void *dst, const void *src, size_t n)
 * a0: dst, a1: src, a2: n. By doublewords and a word while both are aligned, the rest by bytes. Uses t0 - t2.
 */
FUNCTION arch_copy_nofault
    or      t0, a0, a1
    andi    t0, t0, 7
    bnez    t0, copy_bytes
    andi    t2, a2, -8
    add     t2, t2, a1
    beq     t2, a1, copy_word
copy_doublewords:
    MAY_TRAP fault
    ld      t0, 0(a1)
    MAY_TRAP fault
    sd      t0, 0(a0)
    addi    a0, a0, 8
    addi    a1, a1, 8
    bne     a1, t2, copy_doublewords
    andi    a2, a2, 7
copy_word:
    andi    t0, a2, 4
    beqz    t0, copy_bytes
    MAY_TRAP fault
    lw      t0, 0(a1)
    MAY_TRAP fault
    sw      t0, 0(a0)
    addi    a0, a0, 4
    addi    a1, a1, 4
    addi    a2, a2, -4
copy_bytes:
    beqz    a2, copied
    MAY_TRAP fault
    lb      t0, 0(a1)
    MAY_TRAP fault
    sb      t0, 0(a0)
    addi    a0, a0, 1
    addi    a1, a1, 1
    addi    a2, a2, -1
    j       copy_bytes
copied:
    li      a0, 0
    ret

fault:
    li      a0, -EFAULT
    ret

    .section .note.GNU-stack, "", @progbits
