/* SPDX-License-Identifier: MIT */
/* What malloc() stands on: where the heap gets addresses and pages from, and who waits for whom. */
#ifndef USER_HEAP_H
#define USER_HEAP_H

#include <stddef.h>
#include <stdint.h>

#define LIB_SPAN_SIZE      ((size_t)64 << 10)
#define LIB_HEAP_GRAIN     ((size_t)16) /* all blocks begin at multiples */

/* What is larger, or aligned to more, has pages of its own, which are zeros at first. */
#define LIB_HEAP_SMALL_MAX ((size_t)8192)

/* Addresses for all that will ever be allocated: begin and size, multiples of LIB_SPAN_SIZE. 0 or -ENOMEM. */
int lib_heap_reserve(uintptr_t *begin, size_t *size);

/* Gives pages of zeros to these reserved addresses, or takes them away again; whole pages. */
int lib_heap_map(uintptr_t at, size_t size);
void lib_heap_unmap(uintptr_t at, size_t size);

void lib_heap_lock(void);
void lib_heap_unlock(void);

/* Ends the program: someone used the heap as nobody may. */
__attribute__((noreturn)) void lib_heap_misused(const char *what, const void *memory);

/* malloc() and the others, by names that can stand beside the host's. Any thread. The alignment is a power of
 * two. */
void *lib_heap_allocate(size_t size, size_t alignment);
void *lib_heap_resize(void *memory, size_t size);
void lib_heap_free(void *memory);
size_t lib_heap_size_of(void *memory);

#endif
