/* SPDX-License-Identifier: MIT */
/* The tests of page tables once more, with tables in use reached by their way from the root. */
#include "test_pt.c"
