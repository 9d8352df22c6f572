/* SPDX-License-Identifier: MIT */
/* Memory: by words where both sides can be reached by them. The compiler makes calls of these by itself. */
#include <stdint.h>
#include <string.h>

/* Words over whatever type the memory has. */
typedef uint64_t __attribute__((may_alias)) word_t;

#define WORD        sizeof(word_t)
#define MISALIGN(p) ((uintptr_t)(p) % WORD)

void *memcpy(void *restrict dst, const void *restrict src, size_t n)
{
    uint8_t *to = dst;
    const uint8_t *from = src;

    if (MISALIGN(to) == MISALIGN(from)) {
        for (; n != 0 && MISALIGN(to) != 0; n--) {
            *to++ = *from++;
        }
        for (; n >= WORD; n -= WORD, to += WORD, from += WORD) {
            *(word_t *)(void *)to = *(const word_t *)(const void *)from;
        }
    }
    while (n-- != 0) {
        *to++ = *from++;
    }
    return dst;
}

/* From the end to the begin, for a target that begins within the source. */
static void copy_down(uint8_t *to, const uint8_t *from, size_t n)
{
    if (MISALIGN(to) == MISALIGN(from)) {
        for (; n != 0 && MISALIGN(to + n) != 0; n--) {
            to[n - 1] = from[n - 1];
        }
        for (; n >= WORD; n -= WORD) {
            *(word_t *)(void *)(to + n - WORD) = *(const word_t *)(const void *)(from + n - WORD);
        }
    }
    while (n-- != 0) {
        to[n] = from[n];
    }
}

void *memmove(void *dst, const void *src, size_t n)
{
    uint8_t *to = dst;
    const uint8_t *from = src;

    if ((uintptr_t)to - (uintptr_t)from < n) {
        copy_down(to, from, n);
        return dst;
    }
    if (MISALIGN(to) == MISALIGN(from)) {
        for (; n != 0 && MISALIGN(to) != 0; n--) {
            *to++ = *from++;
        }
        for (; n >= WORD; n -= WORD, to += WORD, from += WORD) {
            *(word_t *)(void *)to = *(const word_t *)(const void *)from;
        }
    }
    while (n-- != 0) {
        *to++ = *from++;
    }
    return dst;
}

void *memset(void *dst, int byte, size_t n)
{
    word_t word = UINT64_C(0x0101010101010101) * (uint8_t)byte;
    uint8_t *to = dst;

    for (; n != 0 && MISALIGN(to) != 0; n--) {
        *to++ = (uint8_t)byte;
    }
    for (; n >= WORD; n -= WORD, to += WORD) {
        *(word_t *)(void *)to = word;
    }
    while (n-- != 0) {
        *to++ = (uint8_t)byte;
    }
    return dst;
}

int memcmp(const void *a, const void *b, size_t n)
{
    const uint8_t *x = a, *y = b;

    for (size_t i = 0; i < n; i++) {
        if (x[i] != y[i]) {
            return x[i] - y[i];
        }
    }
    return 0;
}

void *memchr(const void *memory, int byte, size_t n)
{
    const uint8_t *at = memory;

    for (size_t i = 0; i < n; i++) {
        if (at[i] == (uint8_t)byte) {
            return (void *)(uintptr_t)&at[i];
        }
    }
    return NULL;
}
