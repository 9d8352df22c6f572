/* SPDX-License-Identifier: MIT */
/* The x86_64 port's memcpy.S as x86_*, where the host can run it. */
#ifdef __x86_64__
#define KEEL_TEST_PREFIX x86_
#include "renamed.h"

#include "../../bsp/x86_64/lib/memcpy.S"
#endif
