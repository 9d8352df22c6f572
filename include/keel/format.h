/* SPDX-License-Identifier: MIT */
/*
 * What all formatted text comes from, the kernel's (printf.h) and that of user space's library. As ISO C's printf
 * (7.23.6.1) without floating point, %n and wide characters: flags "-+ #0", width and precision as numbers or *, 65535
 * at most, lengths hh h l ll z j t, conversions d i u o x X c s p %. %s of NULL is (null); how %p looks the caller
 * tells. An unknown conversion is copied as it stands.
 */
#ifndef KEEL_FORMAT_H
#define KEEL_FORMAT_H

#include <keel/types.h>
#include <stdarg.h>

/* Takes len bytes of output, not terminated. */
typedef void format_out_fn(void *ctx, const char *text, size_t len);

/* A conversion that is being written, with its flags, width and precision. */
struct format_field;

/* Writes a pointer by one of the functions below. `rest` is what follows the p; returns what follows the conversion,
 * which may be more. */
typedef const char *format_pointer_fn(struct format_field *field, const char *rest,
                                      const void *pointer);

/* As %s does. */
void format_string(struct format_field *field, const char *s);

/* 0x and at least so many digits; negative: as many as the conversion's precision says. */
void format_address(struct format_field *field, uintptr_t address, int digits);

/* Formats piecewise into out, without a buffer. Returns the number of characters. */
int format_text(format_out_fn *out, void *ctx, format_pointer_fn *pointer, const char *fmt,
                va_list args) __printf(4, 0);

/* Formats into buf of size bytes: never writes beyond it, terminates it whenever size > 0. Returns the length of the
 * whole text; a result of size or more says that it was cut. */
int format_buffer(char *buf, size_t size, format_pointer_fn *pointer, const char *fmt, va_list args)
    __printf(4, 0);

#endif
