/* SPDX-License-Identifier: MIT */
/* The atomic operations of uncontended locks and of reference counts: the compiler's. */
#ifndef ARCH_ATOMIC_H
#define ARCH_ATOMIC_H

#include <keel/generic_atomic.h>

#endif
