/* SPDX-License-Identifier: MIT */
/* The heap's tests once more, with its checks and with failures on purpose. */
#include "test_heap.c"
