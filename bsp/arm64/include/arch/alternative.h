/* SPDX-License-Identifier: MIT */
/*
 * Instructions with a better form on CPUs that have a feature. The default stands in the code, its
 * replacement in a section of its own; alternatives_apply() copies it over at boot (see
 * <keel/alternative.h>). A replacement must not refer to its own address: no branches out of it, no
 * literals.
 *
 *     ALT_BEGIN                        in C: ALTERNATIVE("isb", "nop", CPU_FEATURE_ECV)
 *         b       1f
 *     ALT_ELSE CPU_FEATURE_DCZVA64
 *         nop
 *     ALT_END
 */
#ifndef ARCH_ALTERNATIVE_H
#define ARCH_ALTERNATIVE_H

#include <arch/cpu_features.h>

#define ARCH_INSN_SIZE 4
#define ARCH_NOP       0xd503201f

/* clang-format off */
#ifdef __ASSEMBLER__

.macro ALT_BEGIN
771:
.endm

.macro ALT_ELSE feature
772:
    .pushsection .altinstructions, "a"
    .balign 4
    .long   771b - .
    .long   773f - .
    .hword  \feature
    .byte   775f - 771b
    .byte   774f - 773f
    .popsection
    .pushsection .altinstr_replacement, "ax"
773:
.endm

/* A comparison gives -1 for true. */
.macro ALT_END
774:
    .popsection
    .fill -(((774b - 773b) - (772b - 771b)) > 0) * ((774b - 773b) - (772b - 771b)) / 4, 4, ARCH_NOP
775:
.endm

#else

#include <keel/types.h>

#define ALT_EXTRA "((774b - 773b) - (772b - 771b))"

/* The same for inline assembly: a string with the default, patched to `replacement`. */
#define ALTERNATIVE(original, replacement, feature)                                                \
    "771:\n" original "\n772:\n"                                                                   \
    ".pushsection .altinstructions, \"a\"\n"                                                       \
    ".balign 4\n"                                                                                  \
    ".long 771b - .\n"                                                                             \
    ".long 773f - .\n"                                                                             \
    ".hword " KEEL_STR(feature) "\n"                                                               \
    ".byte 775f - 771b\n"                                                                          \
    ".byte 774f - 773f\n"                                                                          \
    ".popsection\n"                                                                                \
    ".pushsection .altinstr_replacement, \"ax\"\n"                                                 \
    "773:\n" replacement "\n774:\n"                                                                \
    ".popsection\n"                                                                                \
    ".fill -(" ALT_EXTRA " > 0) * " ALT_EXTRA " / 4, 4, " KEEL_STR(ARCH_NOP) "\n"                  \
    "775:\n"
/* clang-format on */

/* Fills [at, at + size) with instructions that do nothing. */
void arch_fill_nops(void *at, size_t size);

#endif
#endif
