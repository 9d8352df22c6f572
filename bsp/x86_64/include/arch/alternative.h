/* SPDX-License-Identifier: MIT */
/* Instructions with a better form on CPUs that have a feature (keel/alternative_code.h). */
#ifndef ARCH_ALTERNATIVE_H
#define ARCH_ALTERNATIVE_H

#include <arch/cpu_features.h>

#define ARCH_NOP       0x90
#define ARCH_NOP_SIZE  1
#define ARCH_ALT_FLAGS "ax"
#define ARCH_ALT_ENTER
#define ARCH_ALT_LEAVE

#include <keel/alternative_code.h>

#endif
