/* SPDX-License-Identifier: MIT */
/* test_sync.c once more, with ThreadSanitizer. */
#include "test_sync.c"
