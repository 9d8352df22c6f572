/* SPDX-License-Identifier: MIT */
/* Memory and text, as C17, 7.24 and POSIX have them. */
#ifndef USER_STRING_H
#define USER_STRING_H

#include <stddef.h>

void *memcpy(void *restrict dst, const void *restrict src, size_t n);
void *memmove(void *dst, const void *src, size_t n);
void *memset(void *dst, int byte, size_t n);
int memcmp(const void *a, const void *b, size_t n);
void *memchr(const void *memory, int byte, size_t n);

size_t strlen(const char *s);
size_t strnlen(const char *s, size_t max);
int strcmp(const char *a, const char *b);
int strncmp(const char *a, const char *b, size_t n);
char *strchr(const char *s, int c);
char *strrchr(const char *s, int c);
char *strstr(const char *s, const char *part);
size_t strspn(const char *s, const char *set);
size_t strcspn(const char *s, const char *set);
char *strpbrk(const char *s, const char *set);
char *strtok_r(char *restrict s, const char *restrict separators, char **restrict rest);

/* Copies what fits in size bytes, with a 0 at the end, and gives the length that it tried to make. */
size_t strlcpy(char *restrict dst, const char *restrict src, size_t size);
size_t strlcat(char *restrict dst, const char *restrict src, size_t size);

/* A copy to free(); NULL without memory. */
char *strdup(const char *s);
char *strndup(const char *s, size_t max);

/* What a status or the number of an error (<keel/errno.h>) means, in words. */
const char *strerror(int error);

#endif
