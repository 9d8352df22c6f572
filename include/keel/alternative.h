/* SPDX-License-Identifier: MIT */
/* Instruction alternatives: code with a better form on CPUs that have a feature is patched once,
 * at boot, instead of branching for ever. <arch/alternative.h> has the macros that write the
 * records. */
#ifndef KEEL_ALTERNATIVE_H
#define KEEL_ALTERNATIVE_H

#include <keel/types.h>

/* One place to patch. Offsets are relative to the field's own address: position independent. */
struct alternative {
    int32_t original;
    int32_t replacement;
    uint16_t feature;         /* CPU_FEATURE_x of <arch/feature.h> */
    uint8_t original_size;    /* bytes; at least replacement_size */
    uint8_t replacement_size; /* bytes; what is left of the original becomes nops */
};

_Static_assert(sizeof(struct alternative) == 12, "written by assembler macros");

/*
 * Patches every place whose feature this machine has. Once, on the boot CPU, while the image is
 * still writable: after the features are known and before vm_init().
 */
void alternatives_apply(void);

/* How many places there are, and how many were patched. */
unsigned alternatives_total(void);
unsigned alternatives_patched(void);

#endif
