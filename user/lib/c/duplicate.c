/* SPDX-License-Identifier: MIT */
/* Text to memory of its own. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

char *strdup(const char *s)
{
    return strndup(s, SIZE_MAX - 1);
}

char *strndup(const char *s, size_t max)
{
    size_t length = strnlen(s, max);
    char *copy = malloc(length + 1);

    if (copy) {
        memcpy(copy, s, length);
        copy[length] = '\0';
    }
    return copy;
}
