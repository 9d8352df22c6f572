/* SPDX-License-Identifier: MIT */
/* What the harts can do: found once at boot, constant afterwards. */
#ifndef ARCH_FEATURE_H
#define ARCH_FEATURE_H

#include <arch/cpu_features.h>
#include <keel/types.h>

struct fdt;

/* True when every hart that may run the kernel has CPU_FEATURE_x. */
bool cpu_has(unsigned feature);

/* Its name as the tree writes it, in lower case. */
const char *arch_feature_name(unsigned feature);

/*
 * Fills the table: extensions that all harts announce which may run the kernel (status okay, an
 * MMU), less those that firmware keeps us from using. With NULL, for no tree, just what the hart
 * itself tells. Before alternatives_apply().
 */
void arch_features_init(const struct fdt *fdt);

#endif
