/* SPDX-License-Identifier: MIT */
/* The kernel heap (P4): object caches per CPU for small sizes in front of a first-fit list with
 * splitting, coalescing and alignment, which grows from the page allocator and gives back. */
#ifndef KEEL_HEAP_H
#define KEEL_HEAP_H

#include <keel/types.h>

#define HEAP_ALIGN     16u  /* of every block */
#define HEAP_SMALL_MAX 512u /* up to here from the caches */

/* `size` bytes, or NULL: no memory, or size 0. Any context. kzalloc: zeros. */
void *kmalloc(size_t size) __must_check;
void *kzalloc(size_t size) __must_check;
/* An array; NULL also when count * size overflows. */
void *kcalloc(size_t count, size_t size) __must_check;
/* Grows or shrinks, contents kept up to the smaller size; NULL leaves the old block as it was.
 * NULL as old block allocates; size 0 frees and gives NULL. */
void *krealloc(void *block, size_t size) __must_check;
/* `align` is a power of two of at most 4 MiB. NULL for others. krealloc() keeps 16 only. */
void *kmalloc_aligned(size_t size, size_t align) __must_check;
/* From that node's memory first, then by distance. */
void *kmalloc_node(size_t size, unsigned node) __must_check;
/* NULL is allowed. A block freed twice, or with a damaged redzone, panics in debug builds naming
 * the places that allocated and freed it. */
void kfree(void *block);

/* Usable bytes of a block. */
size_t kmalloc_usable(const void *block);

/* Gives unused memory back to the page allocator; returns the pages. */
size_t heap_trim(void);

/* Gives back what is kept ready for a CPU that is off. */
void heap_leave_cpu(unsigned cpu);

struct heap_stats {
    uint64_t bytes_used; /* handed out and not freed; what blocks are rounded up to counts */
    uint64_t bytes_held; /* taken from the page allocator */
    uint64_t blocks_used;
    uint64_t allocations; /* ever */
    uint64_t failures;
};
void heap_get_stats(struct heap_stats *out);

/* --- Caches of objects of one size, per CPU in front --- */

struct objcache;

/* A cache for objects of `size` bytes aligned to `align`; `name` is a constant. NULL: no memory. */
struct objcache *objcache_create(const char *name, size_t size, size_t align);
void *objcache_alloc(struct objcache *cache) __must_check;
void objcache_free(struct objcache *cache, void *object);
/* -EBUSY while objects are out. */
int objcache_destroy(struct objcache *cache);

/* --- Debugging (CONFIG_HEAP_DEBUG, on in debug builds) --- */

/* Prints blocks in use by the place that allocated them, largest sum first. */
void heap_print_leaks(void);

/* Failure injection (CONFIG_FAULT_INJECT): the nth allocation from now on fails (page allocator,
 * heap, caches alike), or one in `rate` at random by `seed`; 0 switches off. Also by the parameters
 * failnth=, failrate= and failseed=. */
void alloc_fail_nth(uint64_t nth);
void alloc_fail_random(uint32_t rate, uint64_t seed);

/* How many were made to fail. */
uint64_t alloc_failures_injected(void);

/* Counts an allocation and says whether it is to fail: the allocators ask alloc_should_fail(), which
 * is nothing where the option is off. */
bool alloc_fail_now(void);

static inline bool alloc_should_fail(void)
{
    return IS_ENABLED(CONFIG_FAULT_INJECT) && unlikely(alloc_fail_now());
}

#endif
