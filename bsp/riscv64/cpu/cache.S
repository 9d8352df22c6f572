/* SPDX-License-Identifier: MIT */
/* Cache maintenance by range with Zicbom; without it memory is coherent, and order is enough. */
#include <arch/alternative.h>
#include <arch/cbo.h>
#include <arch/cpu_features.h>

/* a0: first byte, a1: bytes. Blocks that the range shares at its ends count as in it. Uses a2,
 * a3. */
.macro RANGE_FUNCTION name, cbo:vararg
    .globl  \name
    .hidden \name
    .type   \name, @function
\name:
    fence   iorw, iorw
    ALT_BEGIN
    ret
    ALT_ELSE CPU_FEATURE_ZICBOM
    nop
    ALT_END
    beqz    a1, 2f
    ld      a2, cache_cbom_size
    add     a1, a0, a1
    neg     a3, a2
    and     a0, a0, a3
1:  \cbo
    add     a0, a0, a2
    bltu    a0, a1, 1b
    fence   iorw, iorw
2:  ret
.endm

    .text

RANGE_FUNCTION arch_cache_clean, CBO_CLEAN_A0
RANGE_FUNCTION arch_cache_flush, CBO_FLUSH_A0

RANGE_FUNCTION cache_inval_blocks, CBO_INVAL_A0

    .section .note.GNU-stack, "", @progbits
