/* SPDX-License-Identifier: MIT */
/* Text. */
#include <ctype.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <strings.h>

/* The standard's functions find places to write to in text that they promise not to write. */
#define WRITABLE(text) ((char *)(uintptr_t)(text))

size_t strlen(const char *s)
{
    return strnlen(s, SIZE_MAX);
}

size_t strnlen(const char *s, size_t max)
{
    size_t n = 0;

    while (n < max && s[n] != '\0') {
        n++;
    }
    return n;
}

int strcmp(const char *a, const char *b)
{
    return strncmp(a, b, SIZE_MAX);
}

int strncmp(const char *a, const char *b, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (a[i] != b[i] || a[i] == '\0') {
            return (uint8_t)a[i] - (uint8_t)b[i];
        }
    }
    return 0;
}

int strcasecmp(const char *a, const char *b)
{
    return strncasecmp(a, b, SIZE_MAX);
}

int strncasecmp(const char *a, const char *b, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        int x = tolower((uint8_t)a[i]), y = tolower((uint8_t)b[i]);

        if (x != y || x == '\0') {
            return x - y;
        }
    }
    return 0;
}

char *strchr(const char *s, int c)
{
    for (; *s != (char)c; s++) {
        if (*s == '\0') {
            return NULL;
        }
    }
    return WRITABLE(s);
}

char *strrchr(const char *s, int c)
{
    for (size_t n = strlen(s) + 1; n != 0; n--) {
        if (s[n - 1] == (char)c) {
            return WRITABLE(s + n - 1);
        }
    }
    return NULL;
}

char *strstr(const char *s, const char *part)
{
    size_t length = strlen(part);

    for (;; s++) {
        if (strncmp(s, part, length) == 0) {
            return WRITABLE(s);
        }
        if (*s == '\0') {
            return NULL;
        }
    }
}

/* How many of the first letters are, or are not, among `set`. */
static size_t span(const char *s, const char *set, bool among)
{
    size_t n = 0;

    while (s[n] != '\0' && (strchr(set, s[n]) != NULL) == among) {
        n++;
    }
    return n;
}

size_t strspn(const char *s, const char *set)
{
    return span(s, set, true);
}

size_t strcspn(const char *s, const char *set)
{
    return span(s, set, false);
}

char *strpbrk(const char *s, const char *set)
{
    s += strcspn(s, set);
    return *s == '\0' ? NULL : WRITABLE(s);
}

char *strtok_r(char *restrict s, const char *restrict separators, char **restrict rest)
{
    char *word = s ? s : *rest;

    word += strspn(word, separators);
    *rest = word + strcspn(word, separators);
    if (**rest != '\0') {
        *(*rest)++ = '\0';
    }
    return *word == '\0' ? NULL : word;
}
