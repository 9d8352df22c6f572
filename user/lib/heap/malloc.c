/* SPDX-License-Identifier: MIT */
/* The heap by C's names. */
#include "heap.h"

#include <keel/errno.h>
#include <stdlib.h>
#include <string.h>

void *malloc(size_t size)
{
    return lib_heap_allocate(size, LIB_HEAP_GRAIN);
}

void free(void *memory)
{
    lib_heap_free(memory);
}

void *calloc(size_t count, size_t size)
{
    size_t all;
    void *memory;

    if (__builtin_mul_overflow(count, size, &all)) {
        return NULL;
    }
    memory = malloc(all);
    return memory && all <= LIB_HEAP_SMALL_MAX ? memset(memory, 0, all) : memory;
}

void *realloc(void *memory, size_t size)
{
    return lib_heap_resize(memory, size);
}

static int is_power_of_two(size_t n)
{
    return n != 0 && (n & (n - 1)) == 0;
}

void *aligned_alloc(size_t alignment, size_t size)
{
    return is_power_of_two(alignment) ? lib_heap_allocate(size, alignment) : NULL;
}

int posix_memalign(void **out, size_t alignment, size_t size)
{
    if (!is_power_of_two(alignment) || alignment < sizeof(void *)) {
        return -EINVAL;
    }
    *out = lib_heap_allocate(size, alignment);
    return *out ? 0 : -ENOMEM;
}

size_t malloc_usable_size(void *memory)
{
    return lib_heap_size_of(memory);
}
