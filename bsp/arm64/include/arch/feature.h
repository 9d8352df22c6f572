/* SPDX-License-Identifier: MIT */
/* What this machine's CPUs can do: found once at boot, constant afterwards. */
#ifndef ARCH_FEATURE_H
#define ARCH_FEATURE_H

#include <arch/cpu_features.h>
#include <keel/types.h>

struct fdt;

/* True when the boot CPU has the feature CPU_FEATURE_x. */
bool cpu_has(unsigned feature);

/* Its name, in lower case. */
const char *arch_feature_name(unsigned feature);

/* Fills the table from the ID registers (the tree says nothing about them; may be NULL). */
void arch_features_init(const struct fdt *fdt);

/* Whether the CPU that this runs on has all that the boot CPU has. */
bool arch_features_suffice(void);

/* Switches on what protects the kernel by itself: PAN. After alternatives_apply(). */
void arch_features_enable(void);

#endif
