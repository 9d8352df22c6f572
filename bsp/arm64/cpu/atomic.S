/* SPDX-License-Identifier: MIT */
/*
 * What the compilers call for atomic read-modify-write (-moutline-atomics): __aarch64_<op><bytes>_
 * <order>. Each is an exclusive load and store, and a single LSE instruction on CPUs that have it.
 *
 * In: w0/x0 = operand, x1 = address; cas: x0 = expected, x1 = new, x2 = address. Out: x0 = the old
 * value. x15 to x17 and the flags may change, nothing else.
 */
#include <arch/alternative.h>

    .arch_extension lse

/* \r is w or x; \a and \l make it acquire and release. \insn makes register 15, the new value, of 0,
 * the old one, and 16, the operand. */
.macro fetch op, bytes, order, r, a, l, insn:vararg
    .globl  __aarch64_\op\()\bytes\()_\order
    .type   __aarch64_\op\()\bytes\()_\order, %function
__aarch64_\op\()\bytes\()_\order:
    mov     \r\()16, \r\()0
    ALT_BEGIN
1:  ld\a\()xr \r\()0, [x1]
    \insn
    st\l\()xr w17, \r\()15, [x1]
    cbnz    w17, 1b
    ALT_ELSE CPU_FEATURE_LSE
    \op\()\a\()\l \r\()16, \r\()0, [x1]
    ALT_END
    ret
.endm

.macro swap bytes, order, r, a, l
    .globl  __aarch64_swp\bytes\()_\order
    .type   __aarch64_swp\bytes\()_\order, %function
__aarch64_swp\bytes\()_\order:
    mov     \r\()16, \r\()0
    ALT_BEGIN
1:  ld\a\()xr \r\()0, [x1]
    st\l\()xr w17, \r\()16, [x1]
    cbnz    w17, 1b
    ALT_ELSE CPU_FEATURE_LSE
    swp\a\()\l \r\()16, \r\()0, [x1]
    ALT_END
    ret
.endm

.macro compare_swap bytes, order, r, a, l
    .globl  __aarch64_cas\bytes\()_\order
    .type   __aarch64_cas\bytes\()_\order, %function
__aarch64_cas\bytes\()_\order:
    mov     \r\()16, \r\()0
    ALT_BEGIN
1:  ld\a\()xr \r\()0, [x2]
    cmp     \r\()0, \r\()16
    b.ne    2f
    st\l\()xr w17, \r\()1, [x2]
    cbnz    w17, 1b
2:
    ALT_ELSE CPU_FEATURE_LSE
    cas\a\()\l \r\()0, \r\()1, [x2]
    ALT_END
    ret
.endm

.macro all_operations bytes, r, order, a, l
    fetch   ldadd, \bytes, \order, \r, \a, \l, add \r\()15, \r\()0, \r\()16
    fetch   ldclr, \bytes, \order, \r, \a, \l, bic \r\()15, \r\()0, \r\()16
    fetch   ldeor, \bytes, \order, \r, \a, \l, eor \r\()15, \r\()0, \r\()16
    fetch   ldset, \bytes, \order, \r, \a, \l, orr \r\()15, \r\()0, \r\()16
    swap    \bytes, \order, \r, \a, \l
    compare_swap \bytes, \order, \r, \a, \l
.endm

.macro all_orders bytes, r
    all_operations \bytes, \r, relax
    all_operations \bytes, \r, acq, a
    all_operations \bytes, \r, rel, , l
    all_operations \bytes, \r, acq_rel, a, l
.endm

    .text
    all_orders 4, w
    all_orders 8, x
