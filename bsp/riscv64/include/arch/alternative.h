/* SPDX-License-Identifier: MIT */
/* Instructions with a better form on harts that have a feature (keel/alternative_code.h). In neither
 * form is any compressed or relaxed, so each is 4 bytes long. */
#ifndef ARCH_ALTERNATIVE_H
#define ARCH_ALTERNATIVE_H

#include <arch/cpu_features.h>

#define ARCH_NOP       0x00000013 /* addi zero, zero, 0 */
#define ARCH_NOP_SIZE  4
#define ARCH_ALT_FLAGS "a"
/* clang-format off */
#define ARCH_ALT_ENTER .option push; .option norvc; .option norelax;
#define ARCH_ALT_LEAVE .option pop;
/* clang-format on */

#include <keel/alternative_code.h>

#endif
