/* SPDX-License-Identifier: MIT */
/* The host tests' atomic work on single bits: the compiler's. */
#ifndef ARCH_BITOPS_H
#define ARCH_BITOPS_H

#include <keel/generic_bitops.h>

#endif
