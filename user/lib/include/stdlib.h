/* SPDX-License-Identifier: MIT */
/* Memory, numbers, sorting, and the end of a program (C17, 7.22). There is no errno. */
#ifndef USER_STDLIB_H
#define USER_STDLIB_H

#include <stddef.h>

#define EXIT_SUCCESS 0
#define EXIT_FAILURE 1

/* Any thread. NULL without memory. What was not allocated, or was freed before, ends the program with a
 * message when it is freed. */
void *malloc(size_t size);
void *calloc(size_t count, size_t size);
void *realloc(void *memory, size_t size);
void *aligned_alloc(size_t alignment, size_t size);
void free(void *memory);
/* 0, -EINVAL (the alignment is no power of two of at least a pointer's size), -ENOMEM. */
int posix_memalign(void **out, size_t alignment, size_t size);
/* How many bytes can be used; at least what was asked for. */
size_t malloc_usable_size(void *memory);

/* A number out of range becomes the nearest in it. */
long strtol(const char *restrict s, char **restrict end, int base);
long long strtoll(const char *restrict s, char **restrict end, int base);
unsigned long strtoul(const char *restrict s, char **restrict end, int base);
unsigned long long strtoull(const char *restrict s, char **restrict end, int base);
int atoi(const char *s);
long atol(const char *s);
int abs(int n);
long labs(long n);

/* In place, and never slower than count * log(count). */
void qsort(void *base, size_t count, size_t size, int (*compare)(const void *a, const void *b));
void *bsearch(const void *key, const void *base, size_t count, size_t size,
              int (*compare)(const void *a, const void *b));

/* Of the settings that the program was started with; NULL if there is none of the name. */
char *getenv(const char *name);

/* Ends the program with all its threads: what atexit() noted is called, last first, and output that waits
 * for its line's end is written. _Exit() does neither. abort() is a fault, and reported as one. */
__attribute__((noreturn)) void exit(int status);
__attribute__((noreturn)) void _Exit(int status);
__attribute__((noreturn)) void abort(void);
/* 0, or -ENOMEM after 32. */
int atexit(void (*function)(void));

#endif
