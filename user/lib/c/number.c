/* SPDX-License-Identifier: MIT */
/* Numbers from text (C17, 7.22.1); what is out of range becomes the nearest number that is in it. */
#include <ctype.h>
#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>

_Static_assert(sizeof(long) == sizeof(long long), "one does for both");

struct number {
    uint64_t magnitude;
    bool negative, overflow;
};

/* The digit's value; no less than any base if it is none. */
static int digit_of(char c)
{
    if (isdigit(c)) {
        return c - '0';
    }
    return isalpha(c) ? tolower(c) - 'a' + 10 : INT_MAX;
}

static void read_digits(const char *s, int base, struct number *out, const char **end)
{
    for (int digit; (digit = digit_of(*s)) < base; *end = ++s) {
        out->overflow |= __builtin_mul_overflow(out->magnitude, (uint64_t)base, &out->magnitude) ||
                         __builtin_add_overflow(out->magnitude, (uint64_t)digit, &out->magnitude);
    }
}

/* *end stays where it is when there is no number. */
static struct number read_number(const char *s, const char **end, int base)
{
    struct number out = {.magnitude = 0};

    while (isspace(*s)) {
        s++;
    }
    out.negative = *s == '-';
    s += *s == '-' || *s == '+';
    if ((base == 0 || base == 16) && s[0] == '0' && (s[1] | 0x20) == 'x' && digit_of(s[2]) < 16) {
        base = 16;
        s += 2;
    } else if (base == 0) {
        base = *s == '0' ? 8 : 10;
    }
    read_digits(s, base, &out, end);
    return out;
}

static void give_end(char **end, const char *at)
{
    if (end) {
        *end = (char *)(uintptr_t)at;
    }
}

unsigned long strtoul(const char *restrict s, char **restrict end, int base)
{
    const char *at = s;
    struct number n = read_number(s, &at, base);

    give_end(end, at);
    if (n.overflow) {
        return ULONG_MAX;
    }
    return n.negative ? 0 - n.magnitude : n.magnitude;
}

long strtol(const char *restrict s, char **restrict end, int base)
{
    const char *at = s;
    struct number n = read_number(s, &at, base);

    give_end(end, at);
    if (n.negative) {
        return n.overflow || n.magnitude > (uint64_t)LONG_MAX + 1 ? LONG_MIN
                                                                  : (long)(0 - n.magnitude);
    }
    return n.overflow || n.magnitude > LONG_MAX ? LONG_MAX : (long)n.magnitude;
}

unsigned long long strtoull(const char *restrict s, char **restrict end, int base)
{
    return strtoul(s, end, base);
}

long long strtoll(const char *restrict s, char **restrict end, int base)
{
    return strtol(s, end, base);
}

int atoi(const char *s)
{
    return (int)strtol(s, NULL, 10);
}

long atol(const char *s)
{
    return strtol(s, NULL, 10);
}

int abs(int n)
{
    return n < 0 ? -n : n;
}

long labs(long n)
{
    return n < 0 ? -n : n;
}
