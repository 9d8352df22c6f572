/* SPDX-License-Identifier: MIT */
/* The x86_64 port's memset.S for CPUs with ERMS as erms_*, where the host can run it. */
#ifdef __x86_64__
#define KEEL_TEST_PREFIX erms_
#define KEEL_TEST_REPLACEMENTS
#include "renamed.h"

#include "../../bsp/x86_64/lib/memset.S"
#endif
