/* SPDX-License-Identifier: MIT */
/* The host tests' locks use the compiler's operations. */
#ifndef ARCH_ATOMIC_H
#define ARCH_ATOMIC_H

#include <keel/generic_atomic.h>

#endif
