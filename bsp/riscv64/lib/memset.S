/* SPDX-License-Identifier: MIT */
/*
 * memset with aligned doublewords, since misaligned accesses may trap to the firmware, and with
 * cbo.zero for larger areas of zeros, which takes memory of the normal type.
 *
 * a0: dst, a1: c, a2: n; returns dst in a0. Uses a3-a5, t0-t3.
 */
#include <arch/alternative.h>
#include <arch/cpu_features.h>

#define WORDS_MIN 16  /* below, bytes are as fast */
#define PASS      256 /* bytes in a pass of the unrolled loop */
#define ZERO_MIN  256 /* below, finding the block size costs more than it saves */

/* cbo.zero (t0), spelled out for assemblers that do not know it */
#define CBO_ZERO_T0 .4byte 0x0042a00f

    .text

    .globl memset
    .type memset, @function
    .balign 4
memset:
    mv      a3, a0
    li      a5, WORDS_MIN
    bltu    a2, a5, .Lbytes
    andi    a1, a1, 0xff
    ALT_BEGIN
    li      a5, -1 /* no area is large enough */
    ALT_ELSE CPU_FEATURE_ZICBOZ
    li      a5, ZERO_MIN
    ALT_END
    bltu    a2, a5, .Lfill
    bnez    a1, .Lfill
    ld      t1, cache_cboz_size
    slli    a5, t1, 1
    bltu    a2, a5, .Lfill

    /* t1: block size, t0: the first block, at most one block size behind dst, a4: the end */
    add     a4, a0, a2
    add     t0, a0, t1
    addi    t0, t0, -1
    neg     a5, t1
    and     t0, t0, a5
    bne     t0, a0, .Lzero_head
.Lzero_blocks:
    sub     a2, a4, t0
    slli    t2, t1, 3
    sub     t3, a4, t2
    bltu    a2, t2, 2f
1:
    .rept   8
    CBO_ZERO_T0
    add     t0, t0, t1
    .endr
    bgeu    t3, t0, 1b
2:  sub     t3, a4, t1
    bltu    t3, t0, 4f
3:  CBO_ZERO_T0
    add     t0, t0, t1
    bgeu    t3, t0, 3b
4:  mv      a3, t0
    sub     a2, a4, t0
    j       .Laligned

.Lzero_head:
    andi    a5, a3, 7
    beqz    a5, 1f
    sb      zero, (a3)
    addi    a3, a3, 1
    j       .Lzero_head
1:  beq     a3, t0, .Lzero_blocks
    sd      zero, (a3)
    addi    a3, a3, 8
    j       1b

.Lfill:
    slli    a4, a1, 8
    or      a1, a1, a4
    slli    a4, a1, 16
    or      a1, a1, a4
    slli    a4, a1, 32
    or      a1, a1, a4
    andi    a4, a3, 7
    bnez    a4, .Lalign

/* a3 aligned. The unrolled loop is entered so that its passes end at a multiple of 8 bytes. */
.Laligned:
    andi    a5, a2, -8
    beqz    a5, .Lbytes
    andi    a2, a2, 7
    add     a4, a3, a5
    neg     a5, a5
    andi    a5, a5, PASS - 1
    sub     a3, a3, a5
    srli    a5, a5, 1
    lla     t0, 1f
    add     t0, t0, a5
    jr      t0

    /* An instruction of 4 bytes fills 8 bytes: a step in the area is half a step in the code. */
    .option push
    .option norvc
1:
    .set    offset, 0
    .rept   PASS / 8
    sd      a1, offset(a3)
    .set    offset, offset + 8
    .endr
    addi    a3, a3, PASS
    bltu    a3, a4, 1b
    .option pop

.Lbytes:
    beqz    a2, .Ldone
    add     a4, a3, a2
1:  sb      a1, (a3)
    addi    a3, a3, 1
    bltu    a3, a4, 1b
.Ldone:
    ret

.Lalign:
    sb      a1, (a3)
    addi    a3, a3, 1
    addi    a2, a2, -1
    andi    a4, a3, 7
    bnez    a4, .Lalign
    j       .Laligned
    .size memset, . - memset

    .section .note.GNU-stack, "", @progbits
