/* SPDX-License-Identifier: MIT */
/*
 * memset with pairs of registers, at any alignment, and with DC ZVA for larger areas of zeros: the
 * memory must be of a normal type, the MMU on. Stores may overlap each other.
 *
 * x0: dst, w1: c, x2: n; returns dst in x0. Uses x3-x10.
 */
#define DCZID_BS_MASK 15 /* DCZID_EL0.BS: log2 of the block in words of 4 bytes (Arm ARM D19) */
#define DCZID_DZP_BIT 4  /* DCZID_EL0.DZP: DC ZVA is prohibited */

#define ZERO_MIN 256 /* below, finding the block size costs more than it saves */

    .text

    .globl memset
    .type memset, %function
    .balign 64
memset:
    add     x4, x0, x2
    cbnz    w1, .Lfill
    cmp     x2, #ZERO_MIN
    b.lo    .Lfill

    mrs     x5, dczid_el0
    tbnz    w5, #DCZID_DZP_BIT, .Lfill
    and     w5, w5, #DCZID_BS_MASK
    mov     w6, #4
    lsl     x6, x6, x5
    cmp     x2, x6, lsl #1
    b.lo    .Lfill

    /* x6: block size, x8: the first block, at most one block size behind dst */
    sub     x7, x6, #1
    add     x8, x0, x7
    bic     x8, x8, x7
    cmp     x8, x0
    b.ne    .Lzero_head
.Lzero_blocks:
    sub     x9, x4, x8
    lsl     x10, x6, #3
    subs    x9, x9, x10
    b.lo    2f
1:  dc      zva, x8
    add     x8, x8, x6
    dc      zva, x8
    add     x8, x8, x6
    dc      zva, x8
    add     x8, x8, x6
    dc      zva, x8
    add     x8, x8, x6
    dc      zva, x8
    add     x8, x8, x6
    dc      zva, x8
    add     x8, x8, x6
    dc      zva, x8
    add     x8, x8, x6
    dc      zva, x8
    add     x8, x8, x6
    subs    x9, x9, x10
    b.hs    1b
2:  adds    x9, x9, x10
    b.eq    .Ldone
    subs    x9, x9, x6
    b.lo    4f
3:  dc      zva, x8
    add     x8, x8, x6
    subs    x9, x9, x6
    b.hs    3b
4:  sub     x3, x8, #16
    b       .Lpairs

.Lzero_head:
    stp     xzr, xzr, [x0]
    and     x3, x0, #-16
1:  add     x3, x3, #16
    cmp     x3, x8
    b.hs    .Lzero_blocks
    stp     xzr, xzr, [x3]
    b       1b

.Lfill:
    and     w1, w1, #0xff
    orr     w1, w1, w1, lsl #8
    orr     w1, w1, w1, lsl #16
    orr     x1, x1, x1, lsl #32
    cmp     x2, #64
    b.ls    .Lshort
    stp     x1, x1, [x0]
    and     x3, x0, #-16

/* Fills from x3 + 16 on; the area ends at x4, at least 64 bytes behind its beginning. */
.Lpairs:
    sub     x2, x4, x3
    subs    x2, x2, #16 + 64
    b.ls    2f
1:  stp     x1, x1, [x3, #16]
    stp     x1, x1, [x3, #32]
    stp     x1, x1, [x3, #48]
    stp     x1, x1, [x3, #64]!
    subs    x2, x2, #64
    b.hi    1b
2:  stp     x1, x1, [x4, #-64]
    stp     x1, x1, [x4, #-48]
    stp     x1, x1, [x4, #-32]
    stp     x1, x1, [x4, #-16]
.Ldone:
    ret

.Lshort:
    cmp     x2, #16
    b.lo    .Lbelow_16
    stp     x1, x1, [x0]
    stp     x1, x1, [x4, #-16]
    cmp     x2, #32
    b.ls    .Ldone
    stp     x1, x1, [x0, #16]
    stp     x1, x1, [x4, #-32]
    ret

.Lbelow_16:
    tbz     w2, #3, .Lbelow_8
    str     x1, [x0]
    str     x1, [x4, #-8]
    ret
.Lbelow_8:
    tbz     w2, #2, .Lbelow_4
    str     w1, [x0]
    str     w1, [x4, #-4]
    ret
.Lbelow_4:
    cbz     w2, .Ldone
    lsr     x3, x2, #1
    strb    w1, [x0]
    strb    w1, [x0, x3]
    strb    w1, [x4, #-1]
    ret
    .size memset, . - memset

    .section .note.GNU-stack, "", %progbits
