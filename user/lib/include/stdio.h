/* SPDX-License-Identifier: MIT */
/* Formatted text (C17, 7.21.6), to memory and to the program's output. There are no files here. */
#ifndef USER_STDIO_H
#define USER_STDIO_H

#include <stdarg.h>
#include <stddef.h>

#define EOF (-1)

/* The conversions d i u x X o c s p %, with the flags - 0 + space #, a width and a precision as numbers or *, 65535 at
 * most, and the lengths hh h l ll z j t. What is none of these is shown as it stands; there is no floating point. */
int vsnprintf(char *buffer, size_t size, const char *format, va_list args)
    __attribute__((format(printf, 3, 0)));
int snprintf(char *buffer, size_t size, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* To the output the program was started with, else to the debug log: by whole lines, the rest when the
 * program ends. The number of characters. Any thread; a call's text is not mixed with that of others. */
int printf(const char *format, ...) __attribute__((format(printf, 1, 2)));
int vprintf(const char *format, va_list args) __attribute__((format(printf, 1, 0)));
int puts(const char *text);
int putchar(int c);

/* The same to output 1 or, for complaints, 2, which is not kept back until a line ends. */
int dprintf(int fd, const char *format, ...) __attribute__((format(printf, 2, 3)));
int vdprintf(int fd, const char *format, va_list args) __attribute__((format(printf, 2, 0)));

/* Writes what waits for its line's end. 0 or a negative status. */
int keel_stdout_flush(void);

#endif
