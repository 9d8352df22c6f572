/* SPDX-License-Identifier: MIT */
/* For assembly: an instruction that may fault, and where to go on then (keel/extable.h). */
#ifndef ARCH_EXTABLE_ASM_H
#define ARCH_EXTABLE_ASM_H

/* clang-format off */
.macro EXTABLE insn, fixup
    .pushsection .extable, "a"
    .balign 4
    .long \insn - .
    .long \fixup - .
    .popsection
.endm
/* clang-format on */

#endif
