/* SPDX-License-Identifier: MIT */
/* Strict text to value conversions and the cutting up of command lines. */
#include <keel/errno.h>
#include <keel/parse.h>
#include <keel/string.h>

/* The value of c as a digit, 36 when it is none. */
static unsigned int digit_value(char c)
{
    if (c >= '0' && c <= '9') {
        return (unsigned int)(c - '0');
    }
    c |= 0x20;
    return c >= 'a' && c <= 'z' ? (unsigned int)(c - 'a') + 10 : 36;
}

/* Settles base 0 and steps over the 0x of a hexadecimal number. */
static const char *skip_base(const char *s, unsigned int *base)
{
    bool hex = s[0] == '0' && (s[1] | 0x20) == 'x' && digit_value(s[2]) < 16;

    if (*base == 0) {
        *base = hex ? 16 : 10;
    }
    return hex && *base == 16 ? s + 2 : s;
}

/* Reads as many digits as there are; at least one is needed. */
static int parse_digits(const char *s, unsigned int base, const char **end, uint64_t *out)
{
    uint64_t value = 0;
    const char *p = skip_base(s, &base);
    const char *first = p;

    for (; digit_value(*p) < base; p++) {
        if (__builtin_mul_overflow(value, base, &value) ||
            __builtin_add_overflow(value, digit_value(*p), &value)) {
            return -ERANGE;
        }
    }
    *end = p;
    *out = value;
    return p == first ? -EINVAL : 0;
}

int kstrtou64(const char *s, unsigned int base, uint64_t *out)
{
    uint64_t value;
    const char *end;
    int err = parse_digits(s, base, &end, &value);

    if (err) {
        return err;
    }
    if (*end) {
        return -EINVAL;
    }
    *out = value;
    return 0;
}

int kstrtos64(const char *s, unsigned int base, int64_t *out)
{
    bool negative = *s == '-';
    uint64_t value;
    int err = kstrtou64(*s == '-' || *s == '+' ? s + 1 : s, base, &value);

    if (err) {
        return err;
    }
    if (value > (uint64_t)INT64_MAX + negative) {
        return -ERANGE;
    }
    *out = (int64_t)(negative ? 0 - value : value);
    return 0;
}

int kstrtou32(const char *s, unsigned int base, uint32_t *out)
{
    uint64_t value;
    int err = kstrtou64(s, base, &value);

    if (err) {
        return err;
    }
    if (value > UINT32_MAX) {
        return -ERANGE;
    }
    *out = (uint32_t)value;
    return 0;
}

int kstrtobool(const char *s, bool *out)
{
    static const char words[][2][6] = {
        {"n", "y"}, {"no", "yes"}, {"off", "on"}, {"false", "true"}, {"0", "1"},
    };

    for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
        for (int value = 0; value < 2; value++) {
            if (strcmp(s, words[i][value]) == 0) {
                *out = value;
                return 0;
            }
        }
    }
    return -EINVAL;
}

/* The power of two that a size suffix stands for; 0 when c is none. */
static unsigned int suffix_shift(char c)
{
    static const char suffixes[] = "kmgt";
    const char *p = c ? strchr(suffixes, c | 0x20) : NULL;

    return p ? 10 * (unsigned int)(p - suffixes + 1) : 0;
}

int parse_size_prefix(const char *s, const char **end, uint64_t *out)
{
    uint64_t value;
    const char *p;
    int err = parse_digits(s, 0, &p, &value);
    unsigned int shift;

    if (err) {
        return err;
    }
    shift = suffix_shift(*p);
    if (value > UINT64_MAX >> shift) {
        return -ERANGE;
    }
    *end = shift ? p + 1 : p;
    *out = value << shift;
    return 0;
}

int parse_size(const char *s, uint64_t *out)
{
    uint64_t value;
    const char *end;
    int err = parse_size_prefix(s, &end, &value);

    if (err) {
        return err;
    }
    if (*end) {
        return -EINVAL;
    }
    *out = value;
    return 0;
}

/*
 * On a mismatch only the last star can still help, by taking one more character: linear memory,
 * and time bounded by the product of the lengths.
 */
bool glob_match(const char *pattern, const char *s)
{
    const char *star = NULL;
    const char *star_text = s;

    while (*s) {
        if (*pattern == '*') {
            star = pattern++;
            star_text = s;
        } else if (*pattern == '?' || *pattern == *s) {
            pattern++;
            s++;
        } else if (star) {
            pattern = star + 1;
            s = ++star_text;
        } else {
            return false;
        }
    }
    return pattern[strspn(pattern, "*")] == '\0';
}

bool str_has_prefix(const char *s, const char *prefix)
{
    return strncmp(s, prefix, strlen(prefix)) == 0;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

char *str_next_word(char **cursor)
{
    char *from = *cursor;
    char *word;
    char *to;
    bool quoted = false;

    while (is_blank(*from)) {
        from++;
    }
    word = to = from;
    for (; *from && (quoted || !is_blank(*from)); from++) {
        if (*from == '"') {
            quoted = !quoted;
        } else {
            *to++ = *from;
        }
    }
    *cursor = *from ? from + 1 : from;
    if (from == word) {
        return NULL;
    }
    *to = '\0';
    return word;
}

char *str_next_field(char **cursor, const char *delims)
{
    char *field = *cursor;
    char *end;

    if (!field) {
        return NULL;
    }
    end = field + strcspn(field, delims);
    *cursor = *end ? end + 1 : NULL;
    *end = '\0';
    return field;
}
