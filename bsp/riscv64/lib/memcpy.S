/* SPDX-License-Identifier: MIT */
/*
 * memcpy and memmove with aligned doublewords only: misaligned accesses may trap to the firmware.
 * When src and dst are misaligned to each other, two doublewords are merged into each one stored.
 *
 * a0: dst, a1: src, a2: n; returns dst in a0. Uses a3-a7, t0-t6. Copies strictly upwards, each load
 * ahead of the stores that could overlap it, so that memmove can use it when dst is below src.
 */
#define WORDS_MIN 16 /* below, bytes are as fast */
#define PASS      256 /* bytes in a pass of the unrolled loop */

    .text

    .globl memcpy
    .type memcpy, @function
    .balign 4
memcpy:
    mv      a3, a0
    li      a5, WORDS_MIN
    bltu    a2, a5, .Lbytes
    xor     a4, a0, a1
    andi    a4, a4, 7
    bnez    a4, .Lmerge
    andi    a4, a3, 7
    bnez    a4, .Lalign

/* a1 and a3 aligned. The unrolled loop is entered so that its passes end at a multiple of 32
 * bytes. */
.Laligned:
    andi    a5, a2, -32
    beqz    a5, .Lwords
    andi    a2, a2, 31
    add     a4, a1, a5
    neg     a5, a5
    andi    a5, a5, PASS - 1
    sub     a1, a1, a5
    sub     a3, a3, a5
    lla     t0, 1f
    add     t0, t0, a5
    jr      t0

    /* 8 instructions of 4 bytes copy 32 bytes: a step in the area is the same step in the code. */
    .option push
    .option norvc
1:
    .set    offset, 0
    .rept   PASS / 32
    ld      t0, offset + 0(a1)
    ld      t1, offset + 8(a1)
    ld      t2, offset + 16(a1)
    ld      t3, offset + 24(a1)
    sd      t0, offset + 0(a3)
    sd      t1, offset + 8(a3)
    sd      t2, offset + 16(a3)
    sd      t3, offset + 24(a3)
    .set    offset, offset + 32
    .endr
    addi    a1, a1, PASS
    addi    a3, a3, PASS
    bltu    a1, a4, 1b
    .option pop

.Lwords:
    li      a5, 8
    bltu    a2, a5, .Lbytes
1:  ld      t0, (a1)
    addi    a2, a2, -8
    addi    a1, a1, 8
    sd      t0, (a3)
    addi    a3, a3, 8
    bgeu    a2, a5, 1b

.Lbytes:
    beqz    a2, .Ldone
    add     a4, a1, a2
1:  lbu     t0, (a1)
    addi    a1, a1, 1
    sb      t0, (a3)
    addi    a3, a3, 1
    bltu    a1, a4, 1b
.Ldone:
    ret

.Lalign:
    lbu     t0, (a1)
    addi    a1, a1, 1
    sb      t0, (a3)
    addi    a3, a3, 1
    addi    a2, a2, -1
    andi    a4, a3, 7
    bnez    a4, .Lalign
    j       .Laligned

/* Aligns dst, then reads src by the doublewords that hold it: t0 the current, t1 the next one. */
.Lmerge:
    andi    a4, a3, 7
    beqz    a4, 1f
    lbu     t0, (a1)
    addi    a1, a1, 1
    sb      t0, (a3)
    addi    a3, a3, 1
    addi    a2, a2, -1
    j       .Lmerge
1:  andi    t6, a1, 7
    sub     a1, a1, t6
    slli    t4, t6, 3
    neg     t5, t4
    andi    a5, a2, -8
    add     a5, a5, a3
    andi    a2, a2, 7
    ld      t0, (a1)
    beq     a3, a5, 3f
2:  ld      t1, 8(a1)
    srl     t2, t0, t4
    addi    a1, a1, 8
    sll     t3, t1, t5
    or      t2, t2, t3
    sd      t2, (a3)
    addi    a3, a3, 8
    mv      t0, t1
    bne     a3, a5, 2b
3:  add     a1, a1, t6
    j       .Lbytes
    .size memcpy, . - memcpy

    .globl memmove
    .type memmove, @function
    .balign 4
memmove:
    sub     a5, a0, a1
    bgeu    a5, a2, memcpy

    /* dst lies inside src: from the end down, a3 and a4 behind what is left */
    add     a3, a0, a2
    add     a4, a1, a2
    li      t4, WORDS_MIN
    bltu    a2, t4, .Lbytes_down
1:  andi    a6, a3, 7
    beqz    a6, 2f
    addi    a4, a4, -1
    lbu     t0, (a4)
    addi    a3, a3, -1
    sb      t0, (a3)
    j       1b
2:  sub     a2, a3, a0
    andi    a5, a5, 7
    bnez    a5, .Lmerge_down
    li      t4, 32
    bltu    a2, t4, .Lwords_down
3:  ld      t0, -8(a4)
    ld      t1, -16(a4)
    ld      t2, -24(a4)
    ld      t3, -32(a4)
    addi    a4, a4, -32
    sd      t0, -8(a3)
    sd      t1, -16(a3)
    sd      t2, -24(a3)
    sd      t3, -32(a3)
    addi    a3, a3, -32
    addi    a2, a2, -32
    bgeu    a2, t4, 3b
.Lwords_down:
    li      t4, 8
    bltu    a2, t4, .Lbytes_down
4:  addi    a4, a4, -8
    ld      t0, (a4)
    addi    a3, a3, -8
    sd      t0, (a3)
    addi    a2, a2, -8
    bgeu    a2, t4, 4b
.Lbytes_down:
    beq     a3, a0, 6f
5:  addi    a4, a4, -1
    lbu     t0, (a4)
    addi    a3, a3, -1
    sb      t0, (a3)
    bne     a3, a0, 5b
6:  ret

/* As .Lmerge, downwards: t0 the upper, t1 the lower doubleword. At least one is stored. */
.Lmerge_down:
    andi    t6, a4, 7
    sub     a4, a4, t6
    slli    t4, t6, 3
    neg     t5, t4
    andi    a5, a2, 7
    add     a5, a5, a0
    ld      t0, (a4)
7:  ld      t1, -8(a4)
    sll     t2, t0, t5
    addi    a4, a4, -8
    srl     t3, t1, t4
    or      t2, t2, t3
    sd      t2, -8(a3)
    addi    a3, a3, -8
    mv      t0, t1
    bne     a3, a5, 7b
    add     a4, a4, t6
    j       .Lbytes_down
    .size memmove, . - memmove

    .section .note.GNU-stack, "", @progbits
