/* SPDX-License-Identifier: MIT */
/* Formatted output to the kernel's console. */
#ifndef USER_STDIO_H
#define USER_STDIO_H

#include <stdarg.h>
#include <stddef.h>

/* The conversions d i u x X c s p %, with the flags - and 0, a width, a precision, and h hh l ll z; all else is
 * shown as it stands. Results as C17, 7.21.6 has them. */
int vsnprintf(char *buffer, size_t size, const char *format, va_list args);
int snprintf(char *buffer, size_t size, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* At most 511 characters; the rest is lost. The number of characters, or a negative status. */
int printf(const char *format, ...) __attribute__((format(printf, 1, 2)));
int puts(const char *text);

#endif
