/* SPDX-License-Identifier: MIT */
/* Instructions that are replaced at boot where the CPU has a feature
 * (include/keel/alternative.h). */
#ifndef ARCH_ALTERNATIVE_H
#define ARCH_ALTERNATIVE_H

#include <arch/cpu_features.h>

/* clang-format off */
#ifdef __ASSEMBLY__
/*
 *     ALT_BEGIN
 *     code for every CPU
 *     ALT_ELSE CPU_FEATURE_X
 *     code for CPUs with the feature
 *     ALT_END
 *
 * The first is padded with nops to the length of the second, at most 255 bytes. The second runs at
 * the first one's place: it must not refer to anything relative to its own address.
 */
.macro ALT_BEGIN
771:
.endm

.macro ALT_ELSE feature
772:
    .pushsection .altinstructions, "a"
    .balign 4
    .long 771b - .
    .long 774f - .
    .short \feature
    .byte 773f - 771b
    .byte 775f - 774f
    .popsection
    .pushsection .altinstr_replacement, "ax"
774:
.endm

.macro ALT_END
775:
    .popsection
    .fill -(((775b - 774b) - (772b - 771b)) > 0) * ((775b - 774b) - (772b - 771b)), 1, 0x90
773:
.endm

#else
#include <keel/types.h>

/* Fills `size` bytes with instructions that do nothing, as few as possible. */
void arch_fill_nops(void *at, size_t size);

#define ALT_LONGER "((775b - 774b) - (772b - 771b))"

/* The same for inline assembly: a string with the default, replaced by `replacement`. */
#define ALTERNATIVE(original, replacement, feature)                                                \
    "771:\n" original "\n772:\n"                                                                   \
    ".pushsection .altinstructions, \"a\"\n"                                                       \
    ".balign 4\n"                                                                                  \
    ".long 771b - .\n"                                                                             \
    ".long 774f - .\n"                                                                             \
    ".short " KEEL_STR(feature) "\n"                                                               \
    ".byte 773f - 771b\n"                                                                          \
    ".byte 775f - 774f\n"                                                                          \
    ".popsection\n"                                                                                \
    ".pushsection .altinstr_replacement, \"ax\"\n"                                                 \
    "774:\n" replacement "\n775:\n"                                                                \
    ".popsection\n"                                                                                \
    ".fill -(" ALT_LONGER " > 0) * " ALT_LONGER ", 1, 0x90\n"                                      \
    "773:\n"
#endif
/* clang-format on */

#endif
