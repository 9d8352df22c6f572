/* SPDX-License-Identifier: MIT */
/*
 * Memory routines in C, a word at a time, for ports without tuned ones. They access whole words at
 * aligned addresses only, so they are right on CPUs and memory types that refuse anything else.
 */
#include <keel/string.h>

/* Words that may lie over objects of any type. */
typedef unsigned long __attribute__((may_alias)) word_t;

#define WORD sizeof(word_t)

/* The empty asm keeps the compiler from turning a loop into a call of the very function it is
 * in. */
static void copy_up(unsigned char *d, const unsigned char *s, size_t n)
{
    if (IS_ALIGNED((uintptr_t)d ^ (uintptr_t)s, WORD)) {
        for (; n > 0 && !IS_ALIGNED((uintptr_t)d, WORD); n--) {
            *d++ = *s++;
            barrier();
        }
        for (; n >= WORD; n -= WORD, d += WORD, s += WORD) {
            *(word_t *)(void *)d = *(const word_t *)(const void *)s;
            barrier();
        }
    }
    for (; n > 0; n--) {
        *d++ = *s++;
        barrier();
    }
}

/* As copy_up, from the last byte to the first. */
static void copy_down(unsigned char *d, const unsigned char *s, size_t n)
{
    d += n;
    s += n;
    if (IS_ALIGNED((uintptr_t)d ^ (uintptr_t)s, WORD)) {
        for (; n > 0 && !IS_ALIGNED((uintptr_t)d, WORD); n--) {
            *--d = *--s;
            barrier();
        }
        for (; n >= WORD; n -= WORD) {
            d -= WORD;
            s -= WORD;
            *(word_t *)(void *)d = *(const word_t *)(const void *)s;
            barrier();
        }
    }
    for (; n > 0; n--) {
        *--d = *--s;
        barrier();
    }
}

void *memcpy(void *restrict dst, const void *restrict src, size_t n)
{
    copy_up(dst, src, n);
    return dst;
}

void *memmove(void *dst, const void *src, size_t n)
{
    if ((uintptr_t)dst - (uintptr_t)src >= n) {
        copy_up(dst, src, n);
    } else {
        copy_down(dst, src, n);
    }
    return dst;
}

void *memset(void *dst, int c, size_t n)
{
    unsigned char *d = dst;
    word_t fill = (word_t)-1 / 0xff * (unsigned char)c;

    for (; n > 0 && !IS_ALIGNED((uintptr_t)d, WORD); n--) {
        *d++ = (unsigned char)c;
        barrier();
    }
    for (; n >= WORD; n -= WORD, d += WORD) {
        *(word_t *)(void *)d = fill;
        barrier();
    }
    for (; n > 0; n--) {
        *d++ = (unsigned char)c;
        barrier();
    }
    return dst;
}
