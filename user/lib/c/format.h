/* SPDX-License-Identifier: MIT */
/* Formatted text to wherever it shall go. */
#ifndef USER_FORMAT_H
#define USER_FORMAT_H

#include <stdarg.h>
#include <stddef.h>

/* Takes a piece of the text. */
typedef void lib_sink_fn(void *context, const char *text, size_t length);

/* Gives the text to `sink` in pieces; the length of all. <stdio.h> lists the conversions. */
size_t lib_format(lib_sink_fn *sink, void *context, const char *format, va_list args);

#endif
