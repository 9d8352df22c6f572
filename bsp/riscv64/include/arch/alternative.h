/* SPDX-License-Identifier: MIT */
/* Code with a second form for CPUs that have a feature, patched in once at boot by
 * alternatives_apply(). Usable from assembly. */
#ifndef ARCH_ALTERNATIVE_H
#define ARCH_ALTERNATIVE_H

#include <arch/cpu_features.h>

#define ARCH_NOP 0x00000013 /* addi zero, zero, 0 */

/*
 *     ALT_BEGIN
 *         default instructions
 *     ALT_ELSE CPU_FEATURE_X
 *         instructions for CPUs with X
 *     ALT_END
 *
 * The default is filled up with nops to the length of the replacement. No instruction is compressed
 * or relaxed in either, so each is 4 bytes long. The replacement is copied: it must not refer to
 * places by distance from itself.
 */
#ifdef __ASSEMBLY__

/* clang-format off */
.macro ALT_BEGIN
    .option push
    .option norvc
    .option norelax
661:
.endm

.macro ALT_ELSE feature
662:
    .pushsection .altinstructions, "a"
    .balign 4
    .4byte 661b - .
    .4byte 663f - .
    .2byte \feature
    .byte 665f - 661b
    .byte 664f - 663f
    .popsection
    .pushsection .altinstr_replacement, "a"
    .balign 4
663:
.endm

.macro ALT_END
664:
    .popsection
    .fill (((664b - 663b) > (662b - 661b)) * ((664b - 663b) - (662b - 661b))) / -4, 4, ARCH_NOP
665:
    .option pop
.endm
/* clang-format on */

#else
#include <keel/types.h>

/* clang-format off */
/* How many instructions the replacement is longer. */
#define ALT_PADDING "(((664b - 663b) > (662b - 661b)) * ((664b - 663b) - (662b - 661b))) / -4"

/* The same for inline assembly: ALTERNATIVE("li %0, 0", "li %0, 3", CPU_FEATURE_X). */
#define ALTERNATIVE(original, replacement, feature)                                          \
    ".option push\n.option norvc\n.option norelax\n"                                         \
    "661:\n\t" original "\n662:\n"                                                           \
    ".pushsection .altinstr_replacement, \"a\"\n.balign 4\n"                                 \
    "663:\n\t" replacement "\n664:\n"                                                        \
    ".popsection\n"                                                                          \
    ".fill " ALT_PADDING ", 4, " KEEL_STR(ARCH_NOP) "\n"                                     \
    "665:\n"                                                                                 \
    ".pushsection .altinstructions, \"a\"\n.balign 4\n"                                      \
    ".4byte 661b - .\n.4byte 663b - .\n"                                                     \
    ".2byte " KEEL_STR(feature) "\n.byte 665b - 661b\n.byte 664b - 663b\n"                   \
    ".popsection\n.option pop\n"
/* clang-format on */

/* Fills `size` bytes (even) with instructions that do nothing. */
void arch_fill_nops(void *at, size_t size);
#endif

#endif
