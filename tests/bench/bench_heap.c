/* SPDX-License-Identifier: MIT */
/* What it costs to take a block from the heap and give it back, by size. */
#include <keel/bench.h>
#include <keel/heap.h>

static struct objcache *cache;

static inline void alloc_and_free(size_t size)
{
    kfree(kmalloc(size));
}

BENCH(heap_16, "heap.16", NULL)
{
    alloc_and_free(16);
}

BENCH(heap_64, "heap.64", NULL)
{
    alloc_and_free(64);
}

BENCH(heap_256, "heap.256", NULL)
{
    alloc_and_free(256);
}

BENCH(heap_512, "heap.512", NULL)
{
    alloc_and_free(512);
}

BENCH(heap_1024, "heap.1024", NULL)
{
    alloc_and_free(1024);
}

BENCH(heap_4096, "heap.4096", NULL)
{
    alloc_and_free(4096);
}

static void make_cache(void)
{
    cache = objcache_create("bench", 192, 8);
}

BENCH(heap_object, "heap.object", make_cache)
{
    void *object = cache != NULL ? objcache_alloc(cache) : NULL;

    if (object != NULL) {
        objcache_free(cache, object);
    }
}
