/* SPDX-License-Identifier: MIT */
/* Formatted text: one directive is parsed into a struct spec, then written by its conversion. */
#include <keel/format.h>
#include <keel/string.h>

struct format_field {
    struct sink *sink;
    struct spec *spec;
};

/* Where the text goes, and how much went there. */
struct sink {
    format_out_fn *out;
    format_pointer_fn *pointer;
    void *ctx;
    size_t count;
    struct format_field field; /* a pointer that is being written */
};

/* A parsed directive. */
struct spec {
    bool left;
    bool plus;
    bool space;
    bool alternate;
    bool zero;
    bool upper;
    int width;
    int precision;   /* negative: none given */
    size_t int_size; /* of an integer argument */
};

static void put(struct sink *sink, const char *text, size_t len)
{
    if (len > 0) {
        sink->out(sink->ctx, text, len);
        sink->count += len;
    }
}

static void put_repeated(struct sink *sink, const char *chunk, size_t chunk_len, size_t count)
{
    for (; count > chunk_len; count -= chunk_len) {
        put(sink, chunk, chunk_len);
    }
    put(sink, chunk, count);
}

static void put_blanks(struct sink *sink, size_t count)
{
    static const char blanks[] = "                ";

    put_repeated(sink, blanks, sizeof(blanks) - 1, count);
}

static void put_zeros(struct sink *sink, size_t count)
{
    static const char zeros[] = "0000000000000000";

    put_repeated(sink, zeros, sizeof(zeros) - 1, count);
}

/* What is missing from len to the width asked for. */
static size_t padding(const struct spec *spec, size_t len)
{
    return spec->width > 0 && (size_t)spec->width > len ? (size_t)spec->width - len : 0;
}

static void put_text(struct sink *sink, const struct spec *spec, const char *text, size_t len)
{
    size_t pad = padding(spec, len);

    if (!spec->left) {
        put_blanks(sink, pad);
    }
    put(sink, text, len);
    if (spec->left) {
        put_blanks(sink, pad);
    }
}

static void put_string(struct sink *sink, const struct spec *spec, const char *s)
{
    size_t max = spec->precision < 0 ? SIZE_MAX : (size_t)spec->precision;

    if (!s) {
        s = "(null)";
    }
    put_text(sink, spec, s, strnlen(s, max));
}

#define DIGITS_MAX 22 /* of 64 bits in octal */

/* Writes the digits of value to the end of buf; returns their number, none for 0. */
static size_t make_digits(char buf[DIGITS_MAX], uint64_t value, unsigned int base, bool upper)
{
    const char *set = upper ? "0123456789ABCDEF" : "0123456789abcdef";
    size_t n = 0;

    for (; value > 0; value /= base) {
        buf[DIGITS_MAX - ++n] = set[value % base];
    }
    return n;
}

/* prefix, the zeros that precision or width ask for, digits; padded to the width. */
static void put_number(struct sink *sink, const struct spec *spec, const char *prefix,
                       uint64_t value, unsigned int base)
{
    char buf[DIGITS_MAX];
    size_t digits = make_digits(buf, value, base, spec->upper);
    size_t prefix_len = strlen(prefix);
    size_t min_digits = spec->precision < 0 ? 1 : (size_t)spec->precision;
    size_t zeros;
    size_t pad;

    if (base == 8 && spec->alternate && min_digits <= digits) {
        min_digits = digits + 1;
    }
    zeros = min_digits > digits ? min_digits - digits : 0;
    pad = padding(spec, prefix_len + zeros + digits);
    if (spec->zero && !spec->left && spec->precision < 0) {
        zeros += pad;
        pad = 0;
    }
    if (!spec->left) {
        put_blanks(sink, pad);
    }
    put(sink, prefix, prefix_len);
    put_zeros(sink, zeros);
    put(sink, buf + DIGITS_MAX - digits, digits);
    if (spec->left) {
        put_blanks(sink, pad);
    }
}

static void put_signed(struct sink *sink, const struct spec *spec, int64_t value)
{
    const char *prefix = value < 0 ? "-" : spec->plus ? "+" : spec->space ? " " : "";

    put_number(sink, spec, prefix, value < 0 ? 0 - (uint64_t)value : (uint64_t)value, 10);
}

static void put_hex(struct sink *sink, const struct spec *spec, uint64_t value)
{
    const char *prefix = spec->upper ? "0X" : "0x";

    put_number(sink, spec, spec->alternate && value > 0 ? prefix : "", value, 16);
}

void format_string(struct format_field *field, const char *s)
{
    put_string(field->sink, field->spec, s);
}

void format_address(struct format_field *field, uintptr_t address, int digits)
{
    if (digits >= 0) {
        field->spec->precision = digits;
    }
    put_number(field->sink, field->spec, "0x", address, 16);
}

static const char *parse_flags(const char *fmt, struct spec *spec)
{
    for (;; fmt++) {
        switch (*fmt) {
        case '-':
            spec->left = true;
            break;
        case '+':
            spec->plus = true;
            break;
        case ' ':
            spec->space = true;
            break;
        case '#':
            spec->alternate = true;
            break;
        case '0':
            spec->zero = true;
            break;
        default:
            return fmt;
        }
    }
}

/* The wrapper lets a va_list be passed by reference whether or not it is an array type. */
struct args {
    va_list list;
};

#define FIELD_MAX 65535 /* no directive is wider than this */

static const char *parse_number(const char *fmt, struct args *args, int *out)
{
    int value = 0;

    if (*fmt == '*') {
        value = va_arg(args->list, int);
        *out = value > FIELD_MAX ? FIELD_MAX : value < -FIELD_MAX ? -FIELD_MAX : value;
        return fmt + 1;
    }
    for (; *fmt >= '0' && *fmt <= '9'; fmt++) {
        value = MIN(value * 10 + (*fmt - '0'), FIELD_MAX);
    }
    *out = value;
    return fmt;
}

static const char *parse_width(const char *fmt, struct args *args, struct spec *spec)
{
    fmt = parse_number(fmt, args, &spec->width);
    if (spec->width < 0) {
        spec->left = true;
        spec->width = -spec->width;
    }
    spec->precision = -1;
    return *fmt == '.' ? parse_number(fmt + 1, args, &spec->precision) : fmt;
}

static const char *parse_length(const char *fmt, struct spec *spec)
{
    switch (*fmt) {
    case 'h':
        spec->int_size = fmt[1] == 'h' ? sizeof(char) : sizeof(short);
        return fmt[1] == 'h' ? fmt + 2 : fmt + 1;
    case 'l':
    case 'z':
    case 'j':
    case 't':
        spec->int_size = sizeof(uint64_t);
        return fmt[0] == 'l' && fmt[1] == 'l' ? fmt + 2 : fmt + 1;
    default:
        spec->int_size = sizeof(int);
        return fmt;
    }
}

_Static_assert(sizeof(long) == 8 && sizeof(size_t) == 8, "l, z, j and t are 64 bits wide");

static int64_t signed_arg(const struct spec *spec, struct args *args)
{
    int64_t value = spec->int_size == 8 ? va_arg(args->list, int64_t) : va_arg(args->list, int);

    switch (spec->int_size) {
    case sizeof(char):
        return (signed char)value;
    case sizeof(short):
        return (short)value;
    default:
        return value;
    }
}

static uint64_t unsigned_arg(const struct spec *spec, struct args *args)
{
    uint64_t value =
        spec->int_size == 8 ? va_arg(args->list, uint64_t) : va_arg(args->list, unsigned int);

    switch (spec->int_size) {
    case sizeof(char):
        return (unsigned char)value;
    case sizeof(short):
        return (unsigned short)value;
    default:
        return value;
    }
}

/* Writes the integer conversions; false when conversion is none of them. */
static bool convert_integer(struct sink *sink, struct spec *spec, char conversion,
                            struct args *args)
{
    switch (conversion) {
    case 'd':
    case 'i':
        put_signed(sink, spec, signed_arg(spec, args));
        return true;
    case 'u':
        put_number(sink, spec, "", unsigned_arg(spec, args), 10);
        return true;
    case 'o':
        put_number(sink, spec, "", unsigned_arg(spec, args), 8);
        return true;
    case 'X':
        spec->upper = true;
        put_hex(sink, spec, unsigned_arg(spec, args));
        return true;
    case 'x':
        put_hex(sink, spec, unsigned_arg(spec, args));
        return true;
    default:
        return false;
    }
}

/* Writes all other conversions. Returns what follows them in fmt, or NULL when there is no such. */
static const char *convert_other(struct sink *sink, struct spec *spec, const char *fmt,
                                 struct args *args)
{
    char c;

    switch (*fmt) {
    case 'c':
        c = (char)va_arg(args->list, int);
        put_text(sink, spec, &c, 1);
        return fmt + 1;
    case 's':
        put_string(sink, spec, va_arg(args->list, const char *));
        return fmt + 1;
    case 'p':
        sink->field = (struct format_field){sink, spec};
        return sink->pointer(&sink->field, fmt + 1, va_arg(args->list, const void *));
    case '%':
        put(sink, "%", 1);
        return fmt + 1;
    default:
        return NULL;
    }
}

/* Handles one directive, which begins behind its %. Returns what follows it in fmt. */
static const char *convert(struct sink *sink, const char *fmt, struct args *args)
{
    struct spec spec = {0};
    const char *p = parse_flags(fmt, &spec);

    p = parse_width(p, args, &spec);
    p = parse_length(p, &spec);
    if (convert_integer(sink, &spec, *p, args)) {
        return p + 1;
    }
    p = convert_other(sink, &spec, p, args);
    if (!p) {
        put(sink, "%", 1);
        return fmt;
    }
    return p;
}

int format_text(format_out_fn *out, void *ctx, format_pointer_fn *pointer, const char *fmt,
                va_list list)
{
    struct sink sink = {.out = out, .pointer = pointer, .ctx = ctx};
    struct args args;

    va_copy(args.list, list);
    while (*fmt) {
        size_t plain = strcspn(fmt, "%");

        put(&sink, fmt, plain);
        fmt += plain;
        if (*fmt) {
            fmt = convert(&sink, fmt + 1, &args);
        }
    }
    va_end(args.list);
    return (int)sink.count;
}

/* The unwritten rest of a caller's buffer, one byte kept back for the terminator. */
struct buffer {
    char *next;
    size_t room;
};

static void buffer_out(void *ctx, const char *text, size_t len)
{
    struct buffer *buffer = ctx;
    size_t n = MIN(len, buffer->room);

    if (n > 0) {
        memcpy(buffer->next, text, n);
        buffer->next += n;
        buffer->room -= n;
    }
}

int format_buffer(char *buf, size_t size, format_pointer_fn *pointer, const char *fmt, va_list args)
{
    struct buffer buffer = {.next = buf, .room = size > 0 ? size - 1 : 0};
    int len = format_text(buffer_out, &buffer, pointer, fmt, args);

    if (size > 0) {
        *buffer.next = '\0';
    }
    return len;
}
