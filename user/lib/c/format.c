/* SPDX-License-Identifier: MIT */
/* Formatted text (C17, 7.21.6.1, without floating point). */
#include "format.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#define DIGITS_MAX 22u /* of a 64-bit number, in octal */

struct output {
    lib_sink_fn *sink;
    void *context;
    size_t length;
};

/* One conversion. */
struct spec {
    bool left, zero, plus, space, alternative, has_precision;
    size_t width, precision;
    unsigned bytes; /* of the argument */
    char kind;
};

static void put(struct output *out, const char *text, size_t length)
{
    if (length != 0) {
        out->sink(out->context, text, length);
        out->length += length;
    }
}

static void fill(struct output *out, const char *sixteen, size_t count)
{
    for (; count > 16; count -= 16) {
        put(out, sixteen, 16);
    }
    put(out, sixteen, count);
}

#define SPACES "                "
#define ZEROS  "0000000000000000"

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
    fill(out, SPACES, spec->left ? 0 : pad);
    put(out, head, strlen(head));
    fill(out, ZEROS, zeros);
    put(out, text, length);
    fill(out, SPACES, spec->left ? pad : 0);
}

static unsigned base_of(char kind)
{
    switch (kind) {
    case 'x':
    case 'X':
    case 'p':
        return 16;
    case 'o':
        return 8;
    default:
        return 10;
    }
}

static void put_number(struct output *out, const struct spec *spec, uint64_t value,
                       const char *head)
{
    const char *letters = spec->kind == 'X' ? "0123456789ABCDEF" : "0123456789abcdef";
    unsigned base = base_of(spec->kind);
    char digits[DIGITS_MAX];
    size_t at = sizeof(digits), length, least = spec->has_precision ? spec->precision : 1;

    for (; value != 0; value /= base) {
        digits[--at] = letters[value % base];
    }
    length = sizeof(digits) - at;
    if (spec->kind == 'o' && spec->alternative && least <= length) {
        least = length + 1;
    }
    put_field(out, spec, head, digits + at, length, least > length ? least - length : 0);
}

static void put_signed(struct output *out, const struct spec *spec, int64_t value)
{
    if (value < 0) {
        put_number(out, spec, 0 - (uint64_t)value, "-");
    } else if (spec->plus) {
        put_number(out, spec, (uint64_t)value, "+");
    } else {
        put_number(out, spec, (uint64_t)value, spec->space ? " " : "");
    }
}

static void put_unsigned(struct output *out, const struct spec *spec, uint64_t value)
{
    const char *head = "";

    if (spec->alternative && value != 0 && base_of(spec->kind) == 16) {
        head = spec->kind == 'X' ? "0X" : "0x";
    }
    put_number(out, spec, value, head);
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

/* Of the size that the conversion names. */
static uint64_t narrow(uint64_t value, unsigned bytes, bool is_signed)
{
    unsigned unused = 64 - 8 * bytes;

    return is_signed ? (uint64_t)((int64_t)(value << unused) >> unused) : value << unused >> unused;
}

/* Up to int all are handed over as int. */
#define NEXT_NUMBER(spec, args) \
    ((spec)->bytes == sizeof(long) ? va_arg(*(args), unsigned long) : va_arg(*(args), unsigned))

static void convert(struct output *out, const struct spec *spec, va_list *args)
{
    struct spec plain = {.left = spec->left, .width = spec->width};
    char c;

    switch (spec->kind) {
    case 'd':
    case 'i':
        put_signed(out, spec, (int64_t)narrow(NEXT_NUMBER(spec, args), spec->bytes, true));
        break;
    case 'u':
    case 'x':
    case 'X':
    case 'o':
        put_unsigned(out, spec, narrow(NEXT_NUMBER(spec, args), spec->bytes, false));
        break;
    case 'p':
        put_number(out, spec, (uintptr_t)va_arg(*args, void *), "0x");
        break;
    case 's':
        put_text(out, spec, va_arg(*args, const char *));
        break;
    case 'c':
        c = (char)va_arg(*args, int);
        put_field(out, &plain, "", &c, 1, 0);
        break;
    default:
        put(out, "%", 1);
        if (spec->kind && spec->kind != '%') {
            put(out, &spec->kind, 1);
        }
        break;
    }
}

static void read_flags(const char **format, struct spec *spec)
{
    for (;; (*format)++) {
        switch (**format) {
        case '-':
            spec->left = true;
            break;
        case '0':
            spec->zero = true;
            break;
        case '+':
            spec->plus = true;
            break;
        case ' ':
            spec->space = true;
            break;
        case '#':
            spec->alternative = true;
            break;
        default:
            return;
        }
    }
}

/* A number, or '*' and one of the arguments, which alone may be negative. */
static int64_t read_count(const char **format, va_list *args)
{
    int64_t count = 0;

    if (**format == '*') {
        (*format)++;
        return va_arg(*args, int);
    }
    for (; isdigit(**format); (*format)++) {
        count = count * 10 + (**format - '0');
        count = count < INT32_MAX ? count : INT32_MAX;
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
        case 'j':
        case 't':
            bytes = sizeof(long);
            break;
        default:
            return bytes != 0 ? bytes : 1;
        }
    }
}

/* What stands between '%' and the end of the conversion. */
static void read_spec(const char **format, struct spec *spec, va_list *args)
{
    int64_t count;

    *spec = (struct spec){.kind = 0};
    read_flags(format, spec);
    count = read_count(format, args);
    spec->left |= count < 0;
    spec->width = (size_t)(count < 0 ? -count : count);
    if (**format == '.') {
        (*format)++;
        count = read_count(format, args);
        spec->has_precision = count >= 0;
        spec->precision = (size_t)count;
    }
    spec->bytes = read_length(format);
    spec->kind = **format;
    if (spec->kind) {
        (*format)++;
    }
}

size_t lib_format(lib_sink_fn *sink, void *context, const char *format, va_list args)
{
    struct output out = {.sink = sink, .context = context};
    struct spec spec;
    va_list copy;

    va_copy(copy, args);
    while (*format) {
        size_t plain = strcspn(format, "%");

        put(&out, format, plain);
        format += plain;
        if (*format) {
            format++;
            read_spec(&format, &spec, &copy);
            convert(&out, &spec, &copy);
        }
    }
    va_end(copy);
    return out.length;
}

struct room {
    char *at;
    size_t left; /* bytes, without the 0 at the end */
};

static void put_in_room(void *context, const char *text, size_t length)
{
    struct room *room = context;
    size_t fits = length < room->left ? length : room->left;

    memcpy(room->at, text, fits);
    room->at += fits;
    room->left -= fits;
}

int vsnprintf(char *buffer, size_t size, const char *format, va_list args)
{
    struct room room = {.at = buffer, .left = size != 0 ? size - 1 : 0};
    size_t length = lib_format(put_in_room, &room, format, args);

    if (size != 0) {
        *room.at = '\0';
    }
    return (int)length;
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
