/* SPDX-License-Identifier: MIT */
/* Formatted text of the kernel's: pointers have all their digits, and may have names. */
#include <keel/printf.h>

printf_symbol_fn *printf_symbol_hook;

static const char *put_pointer(struct format_field *field, const char *rest, const void *pointer)
{
    char name[128];

    if (*rest != 'S') {
        format_address(field, (uintptr_t)pointer, 2 * sizeof(pointer));
        return rest;
    }
    if (printf_symbol_hook && printf_symbol_hook(name, sizeof(name), (uintptr_t)pointer) >= 0) {
        format_string(field, name);
    } else {
        format_address(field, (uintptr_t)pointer, 2 * sizeof(pointer));
    }
    return rest + 1;
}

int kvcprintf(format_out_fn *out, void *ctx, const char *fmt, va_list args)
{
    return format_text(out, ctx, put_pointer, fmt, args);
}

int kvsnprintf(char *buf, size_t size, const char *fmt, va_list args)
{
    return format_buffer(buf, size, put_pointer, fmt, args);
}

int ksnprintf(char *buf, size_t size, const char *fmt, ...)
{
    va_list args;
    int len;

    va_start(args, fmt);
    len = kvsnprintf(buf, size, fmt, args);
    va_end(args);
    return len;
}

int kscnprintf(char *buf, size_t size, const char *fmt, ...)
{
    va_list args;
    int len;

    va_start(args, fmt);
    len = kvsnprintf(buf, size, fmt, args);
    va_end(args);
    if (size == 0) {
        return 0;
    }
    return (size_t)len < size ? len : (int)size - 1;
}
