/* SPDX-License-Identifier: MIT */
/* Where a failed assert() ends. */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

void keel_assert_failed(const char *what, const char *file, int line)
{
    dprintf(2, "%s:%d: assertion failed: %s\n", file, line, what);
    abort();
}
