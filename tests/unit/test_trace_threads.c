/* SPDX-License-Identifier: MIT */
/* test_trace.c once more, with ThreadSanitizer. */
#include "test_trace.c"
