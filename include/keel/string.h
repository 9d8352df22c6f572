/* SPDX-License-Identifier: MIT */
/*
 * Memory and string routines, with the meaning ISO C (7.24) gives their names. memcpy, memmove,
 * memset and memcmp are also what the compiler calls on its own.
 *
 * With CONFIG_LIB_TUNED_MEM the memory routines are the port's assembly. That needs the MMU on and
 * the addresses mapped as normal memory: it accesses unaligned words and zeroes by cache block, and
 * both fault on device memory, which is what all of memory is before the MMU is on. Code that runs
 * earlier copies with loops of its own; device memory is accessed by <arch/io.h> alone.
 */
#ifndef KEEL_STRING_H
#define KEEL_STRING_H

#include <keel/types.h>

/* Copies n bytes between areas that do not overlap; returns dst. */
void *memcpy(void *restrict dst, const void *restrict src, size_t n);

/* Copies n bytes between areas that may overlap; returns dst. */
void *memmove(void *dst, const void *src, size_t n);

/* Fills n bytes with the low byte of c; returns dst. */
void *memset(void *dst, int c, size_t n);

/* Compares n bytes as unsigned: negative, 0 or positive. */
int memcmp(const void *a, const void *b, size_t n);

/* The first byte equal to (unsigned char)c in n bytes, or NULL. */
void *memchr(const void *s, int c, size_t n);

size_t strlen(const char *s);

/* The length of s, at most max; never reads beyond max bytes. */
size_t strnlen(const char *s, size_t max);

int strcmp(const char *a, const char *b);
int strncmp(const char *a, const char *b, size_t n);

/* The first (strrchr: last) c in s, the terminator included, or NULL. */
char *strchr(const char *s, int c);
char *strrchr(const char *s, int c);

/* The first occurrence of needle in s, or NULL. An empty needle is found at once. */
char *strstr(const char *s, const char *needle);

/* The length of the prefix made of (strcspn: free of) characters of set. */
size_t strspn(const char *s, const char *set);
size_t strcspn(const char *s, const char *set);

/*
 * Copies src to dst of size bytes, always terminated when size > 0. Returns strlen(src); a result
 * of size or more says that it was cut.
 */
size_t strlcpy(char *restrict dst, const char *restrict src, size_t size);

/* Appends likewise. Returns the length it tried to make; dst without terminator counts as size. */
size_t strlcat(char *restrict dst, const char *restrict src, size_t size);

/* The compiler does not see what the memory routines touch: where it checks accesses, we do. */
#if IS_ENABLED(CONFIG_KASAN) && defined(__SANITIZE_ADDRESS__)
#include <keel/kasan.h>

static inline void *checked_memcpy(void *restrict dst, const void *restrict src, size_t n)
{
    kasan_check((virt_addr_t)(src), n, false);
    kasan_check((virt_addr_t)(dst), n, true);
    return memcpy(dst, src, n);
}

static inline void *checked_memmove(void *dst, const void *src, size_t n)
{
    kasan_check((virt_addr_t)(src), n, false);
    kasan_check((virt_addr_t)(dst), n, true);
    return memmove(dst, src, n);
}

static inline void *checked_memset(void *dst, int c, size_t n)
{
    kasan_check((virt_addr_t)(dst), n, true);
    return memset(dst, c, n);
}

#define memcpy(dst, src, n)  checked_memcpy(dst, src, n)
#define memmove(dst, src, n) checked_memmove(dst, src, n)
#define memset(dst, c, n)    checked_memset(dst, c, n)
#endif

#endif
