/* SPDX-License-Identifier: MIT */
/* Host tests of assembly need no offsets; which alternative runs is settled by
 * <arch/alternative.h>. */
