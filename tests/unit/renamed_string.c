/* SPDX-License-Identifier: MIT */
/* The kernel's portable string and memory routines as keel_*. */
#define KEEL_TEST_PREFIX keel_
#include "renamed.h"

#include "../../core/lib/mem.c"
#include "../../core/lib/memcmp.c"
#include "../../core/lib/string.c"
#include "../../core/lib/strlcpy.c"
