/* SPDX-License-Identifier: MIT */
/*
 * The macros that write alternatives, for arch/alternative.h alone, which defines
 *
 *     ARCH_NOP, ARCH_NOP_SIZE      what the shorter form is filled up with
 *     ARCH_ALT_FLAGS               of the section that replacements lie in
 *     ARCH_ALT_ENTER, _LEAVE       directives around both forms, each with a semicolon behind it
 *
 *     ALT_BEGIN                    in C: ALTERNATIVE("isb", "nop", CPU_FEATURE_X)
 *         code for every CPU
 *     ALT_ELSE CPU_FEATURE_X
 *         code for CPUs with the feature, at most 255 bytes
 *     ALT_END
 *
 * The first is filled up with nops to the length of the second, which alternatives_apply() copies over it
 * at boot: it must not refer to places by distance from itself, no branches out of it, no literals.
 */
#ifndef KEEL_ALTERNATIVE_CODE_H
#define KEEL_ALTERNATIVE_CODE_H

/* clang-format off */
#ifdef __ASSEMBLER__

.macro ALT_BEGIN
    ARCH_ALT_ENTER
771:
.endm

.macro ALT_ELSE feature
772:
    .pushsection .altinstructions, "a"
    .balign 4
    .4byte  771b - .
    .4byte  773f - .
    .2byte  \feature
    .byte   775f - 771b
    .byte   774f - 773f
    .popsection
    .pushsection .altinstr_replacement, ARCH_ALT_FLAGS
773:
.endm

/* A comparison gives -1 for true. */
.macro ALT_END
774:
    .popsection
    .fill -(((774b - 773b) - (772b - 771b)) > 0) * ((774b - 773b) - (772b - 771b)) / ARCH_NOP_SIZE, ARCH_NOP_SIZE, ARCH_NOP
775:
    ARCH_ALT_LEAVE
.endm

#else

#include <keel/types.h>

#define ALT_EXTRA "((774b - 773b) - (772b - 771b))"

#define ALTERNATIVE(original, replacement, feature)                                                \
    KEEL_STR(ARCH_ALT_ENTER) "771:\n" original "\n772:\n"                                          \
    ".pushsection .altinstructions, \"a\"\n"                                                       \
    ".balign 4\n"                                                                                  \
    ".4byte 771b - .\n"                                                                            \
    ".4byte 773f - .\n"                                                                            \
    ".2byte " KEEL_STR(feature) "\n"                                                               \
    ".byte 775f - 771b\n"                                                                          \
    ".byte 774f - 773f\n"                                                                          \
    ".popsection\n"                                                                                \
    ".pushsection .altinstr_replacement, " KEEL_STR(ARCH_ALT_FLAGS) "\n"                           \
    "773:\n" replacement "\n774:\n"                                                                \
    ".popsection\n"                                                                                \
    ".fill -(" ALT_EXTRA " > 0) * " ALT_EXTRA " / " KEEL_STR(ARCH_NOP_SIZE) ", "                   \
    KEEL_STR(ARCH_NOP_SIZE) ", " KEEL_STR(ARCH_NOP) "\n"                                           \
    "775:\n" KEEL_STR(ARCH_ALT_LEAVE)
/* clang-format on */

/* Fills [at, at + size) with instructions that do nothing; size is one that instructions can have. */
void arch_fill_nops(void *at, size_t size);

#endif
#endif
