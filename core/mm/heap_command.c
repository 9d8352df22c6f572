/* SPDX-License-Identifier: MIT */
/* The console command that shows the heap. */
#include "heap_internal.h"

#include <keel/command.h>
#include <keel/console.h>
#include <keel/errno.h>
#include <keel/string.h>

typedef unsigned long long ull;

static void print_list(void)
{
    struct heap_list_stats list;

    for (unsigned node = 0; heap_list_stats(node, &list); node++) {
        console_printf(
            "list of node %u: %llu chunks, %llu KiB; %llu blocks in use, %llu bytes; %llu "
            "free, %llu bytes, largest %llu\n",
            node, (ull)list.chunks, (ull)list.chunk_bytes >> 10, (ull)list.blocks_used,
            (ull)list.bytes_used, (ull)list.blocks_free, (ull)list.bytes_free,
            (ull)list.largest_free);
    }
}

static int print_summary(void)
{
    struct heap_stats stats;

    heap_get_stats(&stats);
    console_printf(
        "held %llu KiB, in use %llu bytes in %llu blocks; %llu allocations, %llu failed\n",
        (ull)stats.bytes_held >> 10, (ull)stats.bytes_used, (ull)stats.blocks_used,
        (ull)stats.allocations, (ull)stats.failures);
    print_list();
    return 0;
}

static void print_cache(const struct objcache *cache, void *arg)
{
    console_printf("%-16s %6u %8llu %8llu %6llu %10llu\n", cache->name, cache->size,
                   (ull)objcache_used(cache), (ull)cache->slabs * cache->capacity,
                   (ull)cache->slabs * cache->slab_pages, (ull)objcache_allocations(cache));
}

static int print_caches(void)
{
    console_printf("%-16s %6s %8s %8s %6s %10s\n", "cache", "bytes", "in use", "objects", "pages",
                   "allocated");
    objcache_for_each(print_cache, NULL);
    return 0;
}

static int print_leaks(void)
{
    if (!IS_ENABLED(CONFIG_HEAP_DEBUG)) {
        console_printf("only kernels with CONFIG_HEAP_DEBUG know who allocated what\n");
        return -ENODEV;
    }
    heap_print_leaks();
    return 0;
}

static int cmd_heap(int argc, char **argv)
{
    if (argc == 1) {
        return print_summary();
    }
    if (argc == 2 && strcmp(argv[1], "caches") == 0) {
        return print_caches();
    }
    if (argc == 2 && strcmp(argv[1], "leaks") == 0) {
        return print_leaks();
    }
    if (argc == 2 && strcmp(argv[1], "trim") == 0) {
        console_printf("%zu pages given back\n", heap_trim());
        return 0;
    }
    return -EINVAL;
}

COMMAND(heap, "[caches|leaks|trim]",
        "show what the heap holds, its caches, or blocks in use by the place that allocated them",
        cmd_heap);
