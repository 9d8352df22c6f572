/* SPDX-License-Identifier: MIT */
/*
 * memcpy and memmove with pairs of registers, at any alignment: the memory must be of a normal
 * type, the MMU on. Up to 64 bytes are loaded whole before anything is stored, so both share them.
 *
 * x0: dst, x1: src, x2: n; returns dst in x0. Uses x3-x17.
 */
    .text

    .globl memcpy
    .type memcpy, %function
    .balign 64
memcpy:
    add     x4, x1, x2
    add     x5, x0, x2
    cmp     x2, #64
    b.ls    .Lshort

    /* The first 16 bytes, then on from where dst is aligned. x3 and x1 run 16 bytes behind. */
    ldp     x6, x7, [x1]
    and     x3, x0, #-16
    sub     x8, x0, x3
    sub     x1, x1, x8
    stp     x6, x7, [x0]
    sub     x2, x5, x3
    sub     x2, x2, #16

/*
 * Copies x2 > 0 bytes from x1 + 16 to x3 + 16, which end at x4 and x5, at least 64 bytes behind
 * the beginning of all; dst may also lie below src and overlap it. The last 64 bytes are loaded
 * before any store.
 */
.Lcopy_up:
    ldp     x10, x11, [x4, #-64]
    ldp     x12, x13, [x4, #-48]
    ldp     x14, x15, [x4, #-32]
    ldp     x16, x17, [x4, #-16]
    subs    x2, x2, #128
    b.le    2f
1:  ldp     x6, x7, [x1, #16]
    ldp     x8, x9, [x1, #32]
    stp     x6, x7, [x3, #16]
    stp     x8, x9, [x3, #32]
    ldp     x6, x7, [x1, #48]
    ldp     x8, x9, [x1, #64]
    stp     x6, x7, [x3, #48]
    stp     x8, x9, [x3, #64]
    ldp     x6, x7, [x1, #80]
    ldp     x8, x9, [x1, #96]
    stp     x6, x7, [x3, #80]
    stp     x8, x9, [x3, #96]
    ldp     x6, x7, [x1, #112]
    ldp     x8, x9, [x1, #128]!
    stp     x6, x7, [x3, #112]
    stp     x8, x9, [x3, #128]!
    subs    x2, x2, #128
    b.gt    1b
2:  cmn     x2, #64
    b.le    3f
    ldp     x6, x7, [x1, #16]
    ldp     x8, x9, [x1, #32]
    stp     x6, x7, [x3, #16]
    stp     x8, x9, [x3, #32]
    ldp     x6, x7, [x1, #48]
    ldp     x8, x9, [x1, #64]
    stp     x6, x7, [x3, #48]
    stp     x8, x9, [x3, #64]
3:  stp     x10, x11, [x5, #-64]
    stp     x12, x13, [x5, #-48]
    stp     x14, x15, [x5, #-32]
    stp     x16, x17, [x5, #-16]
    ret

/* n <= 64, x4 and x5 behind the ends */
.Lshort:
    cmp     x2, #16
    b.lo    .Lbelow_16
    ldp     x6, x7, [x1]
    ldp     x8, x9, [x4, #-16]
    cmp     x2, #32
    b.hi    .Labove_32
    stp     x6, x7, [x0]
    stp     x8, x9, [x5, #-16]
    ret
.Labove_32:
    ldp     x10, x11, [x1, #16]
    ldp     x12, x13, [x4, #-32]
    stp     x6, x7, [x0]
    stp     x10, x11, [x0, #16]
    stp     x12, x13, [x5, #-32]
    stp     x8, x9, [x5, #-16]
    ret

.Lbelow_16:
    tbz     w2, #3, .Lbelow_8
    ldr     x6, [x1]
    ldr     x7, [x4, #-8]
    str     x6, [x0]
    str     x7, [x5, #-8]
    ret
.Lbelow_8:
    tbz     w2, #2, .Lbelow_4
    ldr     w6, [x1]
    ldr     w7, [x4, #-4]
    str     w6, [x0]
    str     w7, [x5, #-4]
    ret
.Lbelow_4:
    cbz     w2, .Ldone
    /* 1 to 3: the first, the middle and the last byte are all there are */
    lsr     x3, x2, #1
    ldrb    w6, [x1]
    ldrb    w7, [x1, x3]
    ldrb    w8, [x4, #-1]
    strb    w6, [x0]
    strb    w7, [x0, x3]
    strb    w8, [x5, #-1]
.Ldone:
    ret
    .size memcpy, . - memcpy

    .globl memmove
    .type memmove, %function
    .balign 16
memmove:
    add     x4, x1, x2
    add     x5, x0, x2
    cmp     x2, #64
    b.ls    .Lshort
    sub     x6, x0, x1
    sub     x3, x0, #16
    cmp     x6, x2
    b.lo    .Lcopy_down
    sub     x1, x1, #16
    b       .Lcopy_up

    /* dst lies inside src: from the end down, the first 64 bytes loaded before any store */
.Lcopy_down:
    ldp     x10, x11, [x1]
    ldp     x12, x13, [x1, #16]
    ldp     x14, x15, [x1, #32]
    ldp     x16, x17, [x1, #48]
    subs    x2, x2, #128
    b.le    2f
1:  ldp     x6, x7, [x4, #-16]
    ldp     x8, x9, [x4, #-32]
    stp     x6, x7, [x5, #-16]
    stp     x8, x9, [x5, #-32]
    ldp     x6, x7, [x4, #-48]
    ldp     x8, x9, [x4, #-64]
    stp     x6, x7, [x5, #-48]
    stp     x8, x9, [x5, #-64]
    ldp     x6, x7, [x4, #-80]
    ldp     x8, x9, [x4, #-96]
    stp     x6, x7, [x5, #-80]
    stp     x8, x9, [x5, #-96]
    ldp     x6, x7, [x4, #-112]
    ldp     x8, x9, [x4, #-128]!
    stp     x6, x7, [x5, #-112]
    stp     x8, x9, [x5, #-128]!
    subs    x2, x2, #128
    b.gt    1b
2:  cmn     x2, #64
    b.le    3f
    ldp     x6, x7, [x4, #-16]
    ldp     x8, x9, [x4, #-32]
    stp     x6, x7, [x5, #-16]
    stp     x8, x9, [x5, #-32]
    ldp     x6, x7, [x4, #-48]
    ldp     x8, x9, [x4, #-64]
    stp     x6, x7, [x5, #-48]
    stp     x8, x9, [x5, #-64]
3:  stp     x10, x11, [x0]
    stp     x12, x13, [x0, #16]
    stp     x14, x15, [x0, #32]
    stp     x16, x17, [x0, #48]
    ret
    .size memmove, . - memmove

    .section .note.GNU-stack, "", %progbits
