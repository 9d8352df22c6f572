/* SPDX-License-Identifier: MIT */
/* The two atomic operations of uncontended locks: the compiler's. */
#ifndef ARCH_ATOMIC_H
#define ARCH_ATOMIC_H

#include <keel/generic_atomic.h>

#endif
