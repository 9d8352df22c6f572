/* SPDX-License-Identifier: MIT */
/* Names of kernel functions, as backtraces show them. */
#ifndef KEEL_SYMBOLS_H
#define KEEL_SYMBOLS_H

#include <keel/types.h>

/* Writes `name+0xoffset/0xsize` of the function that holds `addr`, NUL-terminated. Its length as
 * ksnprintf() counts it, or -ENOENT when no function does or the image has no table. Fits
 * printf_symbol_hook. */
int symbol_format(char *buf, size_t size, uintptr_t addr);

/* The same for a return address, which may lie behind its function where the last thing that does is a call of one
 * that never returns: the name is that of the call. */
int symbol_format_return(char *buf, size_t size, uintptr_t return_address);

#endif
