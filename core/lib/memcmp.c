/* SPDX-License-Identifier: MIT */
/* Comparison of memory: whole words while they agree and are aligned, then bytes. */
#include <keel/string.h>

typedef unsigned long __attribute__((may_alias)) word_t;

#define WORD sizeof(word_t)

int memcmp(const void *a, const void *b, size_t n)
{
    const unsigned char *p = a;
    const unsigned char *q = b;

    if (IS_ALIGNED((uintptr_t)p | (uintptr_t)q, WORD)) {
        while (n >= WORD && *(const word_t *)(const void *)p == *(const word_t *)(const void *)q) {
            p += WORD;
            q += WORD;
            n -= WORD;
        }
    }
    for (; n > 0; n--, p++, q++) {
        if (*p != *q) {
            return *p - *q;
        }
    }
    return 0;
}
