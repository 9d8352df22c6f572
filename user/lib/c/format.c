/* SPDX-License-Identifier: MIT */
/* Formatted text (C17, 7.21.6), which the kernel's library makes. */
#include "format.h"

#include <keel/format.h>
#include <stdint.h>
#include <stdio.h>

static const char *put_pointer(struct format_field *field, const char *rest, const void *pointer)
{
    format_address(field, (uintptr_t)pointer, -1);
    return rest;
}

size_t lib_format(lib_sink_fn *sink, void *context, const char *format, va_list args)
{
    return (size_t)format_text(sink, context, put_pointer, format, args);
}

int vsnprintf(char *buffer, size_t size, const char *format, va_list args)
{
    return format_buffer(buffer, size, put_pointer, format, args);
}

int snprintf(char *buffer, size_t size, const char *format, ...)
{
    va_list args;
    int length;

    va_start(args, format);
    length = vsnprintf(buffer, size, format, args);
    va_end(args);
    return length;
}
