/* SPDX-License-Identifier: MIT */
/* Accesses that may fault: the trap handler looks the pc up here before it gives up. */
#ifndef KEEL_EXTABLE_H
#define KEEL_EXTABLE_H

#include <keel/types.h>

/* Offsets relative to the field's own address: position independent. Assembler side:
 * `.pushsection .extable,"a"; .long insn - .; .long fixup - .; .popsection`. */
struct extable_entry {
    int32_t insn;
    int32_t fixup;
};

/* The address to resume at when the instruction at `pc` faulted, or 0 when it was not expected
 * to. */
virt_addr_t extable_fixup(virt_addr_t pc);

#endif
