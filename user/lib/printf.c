/* SPDX-License-Identifier: MIT */
/* Formatted output. */
#include <keel/syscalls.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#define LINE_MAX   512u
#define DIGITS_MAX 20u /* of a 64-bit number */

struct output {
    char *buffer;
    size_t size, length; /* length counts what did not fit too */
};

/* One conversion. */
struct spec {
    bool left, zero, has_precision;
    size_t width, precision;
    unsigned bytes; /* of the argument */
    char kind;
};

static void put(struct output *out, char c)
{
    if (out->length + 1 < out->size) {
        out->buffer[out->length] = c;
    }
    out->length++;
}

static void fill(struct output *out, char c, size_t count)
{
    while (count-- != 0) {
        put(out, c);
    }
}

/* `head` is a sign or "0x", in front of zeros. */
static void put_field(struct output *out, const struct spec *spec, const char *head,
                      const char *text, size_t length, size_t zeros)
{
    size_t used = strlen(head) + zeros + length;
    size_t pad = spec->width > used ? spec->width - used : 0;

    if (spec->zero && !spec->left && !spec->has_precision) {
        zeros += pad;
        pad = 0;
    }
    fill(out, ' ', spec->left ? 0 : pad);
    for (; *head; head++) {
        put(out, *head);
    }
    fill(out, '0', zeros);
    for (size_t i = 0; i < length; i++) {
        put(out, text[i]);
    }
    fill(out, ' ', spec->left ? pad : 0);
}

static void put_number(struct output *out, const struct spec *spec, uint64_t value,
                       const char *head)
{
    unsigned base = spec->kind == 'd' || spec->kind == 'i' || spec->kind == 'u' ? 10 : 16;
    const char *letters = spec->kind == 'X' ? "0123456789ABCDEF" : "0123456789abcdef";
    char digits[DIGITS_MAX];
    size_t at = sizeof(digits), length;

    for (; value != 0; value /= base) {
        digits[--at] = letters[value % base];
    }
    if (at == sizeof(digits) && !(spec->has_precision && spec->precision == 0)) {
        digits[--at] = '0';
    }
    length = sizeof(digits) - at;
    put_field(out, spec, head, digits + at, length,
              spec->has_precision && spec->precision > length ? spec->precision - length : 0);
}

static size_t read_count(const char **format)
{
    size_t count = 0;

    for (; **format >= '0' && **format <= '9'; (*format)++) {
        count = count * 10 + (size_t)(**format - '0');
    }
    return count;
}

static unsigned read_length(const char **format)
{
    unsigned bytes = sizeof(int);

    for (;; (*format)++) {
        switch (**format) {
        case 'h':
            bytes /= 2;
            break;
        case 'l':
        case 'z':
            bytes = sizeof(long);
            break;
        default:
            return bytes != 0 ? bytes : 1;
        }
    }
}

/* What stands between '%' and the end of the conversion. */
static void read_spec(const char **format, struct spec *spec)
{
    *spec = (struct spec){.kind = 0};
    for (;; (*format)++) {
        if (**format == '-') {
            spec->left = true;
        } else if (**format == '0') {
            spec->zero = true;
        } else {
            break;
        }
    }
    spec->width = read_count(format);
    if (**format == '.') {
        (*format)++;
        spec->has_precision = true;
        spec->precision = read_count(format);
    }
    spec->bytes = read_length(format);
    spec->kind = **format;
    if (spec->kind) {
        (*format)++;
    }
}

/* Of the size that the conversion names. */
static uint64_t narrow(uint64_t value, unsigned bytes, bool is_signed)
{
    unsigned unused = 64 - 8 * bytes;

    return is_signed ? (uint64_t)((int64_t)(value << unused) >> unused) : value << unused >> unused;
}

/* Up to int all are handed over as int. */
#define NEXT_NUMBER(spec, args) \
    ((spec)->bytes == sizeof(long) ? va_arg(*(args), unsigned long) : va_arg(*(args), unsigned))

static void put_signed(struct output *out, const struct spec *spec, uint64_t value)
{
    value = narrow(value, spec->bytes, true);
    if ((int64_t)value < 0) {
        put_number(out, spec, 0 - value, "-");
    } else {
        put_number(out, spec, value, "");
    }
}

static void put_text(struct output *out, const struct spec *spec, const char *text)
{
    struct spec plain = {.left = spec->left, .width = spec->width};

    if (!text) {
        text = "(null)";
    }
    put_field(out, &plain, "", text,
              strnlen(text, spec->has_precision ? spec->precision : SIZE_MAX), 0);
}

static void convert(struct output *out, const struct spec *spec, va_list *args)
{
    char c;

    switch (spec->kind) {
    case 'd':
    case 'i':
        put_signed(out, spec, NEXT_NUMBER(spec, args));
        break;
    case 'u':
    case 'x':
    case 'X':
        put_number(out, spec, narrow(NEXT_NUMBER(spec, args), spec->bytes, false), "");
        break;
    case 'p':
        put_number(out, spec, (uintptr_t)va_arg(*args, void *), "0x");
        break;
    case 's':
        put_text(out, spec, va_arg(*args, const char *));
        break;
    case 'c':
        c = (char)va_arg(*args, int);
        put_field(out, &(struct spec){.left = spec->left, .width = spec->width}, "", &c, 1, 0);
        break;
    default:
        put(out, '%');
        if (spec->kind && spec->kind != '%') {
            put(out, spec->kind);
        }
        break;
    }
}

int vsnprintf(char *buffer, size_t size, const char *format, va_list args)
{
    struct output out = {.buffer = buffer, .size = size};
    struct spec spec;
    va_list copy;

    va_copy(copy, args);
    while (*format) {
        if (*format != '%') {
            put(&out, *format++);
            continue;
        }
        format++;
        read_spec(&format, &spec);
        convert(&out, &spec, &copy);
    }
    va_end(copy);
    if (size != 0) {
        buffer[out.length < size ? out.length : size - 1] = '\0';
    }
    return (int)out.length;
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

int printf(const char *format, ...)
{
    char line[LINE_MAX];
    va_list args;
    int length, err;

    va_start(args, format);
    length = vsnprintf(line, sizeof(line), format, args);
    va_end(args);
    err = keel_debug_write(line, strlen(line));
    return err != 0 ? err : length;
}

int puts(const char *text)
{
    return printf("%s\n", text);
}
