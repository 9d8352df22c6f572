/* SPDX-License-Identifier: MIT */
/*
 * Formatted text, as format.h has it, and:
 *   %p   is 0x and all 16 digits,
 *   %pS  is symbol+0xoffset, when printf_symbol_hook knows one, else as %p.
 */
#ifndef KEEL_PRINTF_H
#define KEEL_PRINTF_H

#include <keel/format.h>

/*
 * Writes "name+0xoffset" of addr into buf of size bytes, terminated; returns its length, or a
 * negative errno when no symbol covers addr. Set by the symbol table at boot, NULL before.
 */
typedef int printf_symbol_fn(char *buf, size_t size, uintptr_t addr);
extern printf_symbol_fn *printf_symbol_hook;

/* Formats piecewise into out, without a buffer. Returns the number of characters. */
int kvcprintf(format_out_fn *out, void *ctx, const char *fmt, va_list args) __printf(3, 0);

/*
 * Formats into buf of size bytes: never writes beyond it, terminates it whenever size > 0. Returns
 * the length of the whole text; a result of size or more says that it was cut.
 */
int kvsnprintf(char *buf, size_t size, const char *fmt, va_list args) __printf(3, 0);
int ksnprintf(char *buf, size_t size, const char *fmt, ...) __printf(3, 4);

/* As ksnprintf, but returns what buf holds now, so that the next piece goes to buf + result. */
int kscnprintf(char *buf, size_t size, const char *fmt, ...) __printf(3, 4);

#endif
