/* SPDX-License-Identifier: MIT */
/* What the heap remembers for debugging: poison, blocks in use by place, who freed what lately. */
#define LOG_TAG "heap"
#include "heap_internal.h"

#include <keel/console.h>
#include <keel/log.h>
#include <keel/panic.h>
#include <keel/printf.h>
#include <keel/string.h>

#define SITES    1024u /* a power of two */
#define FREED    1024u
#define NAME_MAX 64

/* A place that allocates, in a hash table with open addressing; entries stay. The first is for all
 * that find the table full. */
struct site {
    virt_addr_t pc;
    uint64_t blocks;
    uint64_t bytes;
};

static struct site sites[SITES];

/* Newest at freed_count - 1. Entries may be torn where two CPUs are FREED apart: for reports. */
static struct heap_freed freed[FREED];
static uint64_t freed_count;

void heap_poison(void *start, size_t size)
{
    memset(start, POISON_FREE, size);
}

const uint8_t *heap_find_other(const void *start, size_t size, uint8_t fill)
{
    const uint8_t *bytes = start;

    for (size_t i = 0; i < size; i++) {
        if (bytes[i] != fill) {
            return bytes + i;
        }
    }
    return NULL;
}

/* The entry of a place; made if there is none yet. */
static struct site *site_of(virt_addr_t pc)
{
    for (unsigned i = 0; i < SITES - 1; i++) {
        struct site *site = &sites[1 + ((pc >> 2) + i) % (SITES - 1)];
        virt_addr_t there = 0;

        if (__atomic_load_n(&site->pc, __ATOMIC_RELAXED) == pc ||
            __atomic_compare_exchange_n(&site->pc, &there, pc, false, __ATOMIC_RELAXED,
                                        __ATOMIC_RELAXED) ||
            there == pc) {
            return site;
        }
    }
    return &sites[0];
}

void heap_trace_alloc(virt_addr_t pc, size_t size)
{
    struct site *site = site_of(pc);

    __atomic_fetch_add(&site->blocks, 1, __ATOMIC_RELAXED);
    __atomic_fetch_add(&site->bytes, size, __ATOMIC_RELAXED);
}

void heap_trace_free(const void *block, size_t size, virt_addr_t pc, virt_addr_t freed_by)
{
    uint64_t index = __atomic_fetch_add(&freed_count, 1, __ATOMIC_RELAXED) % FREED;
    struct site *site = site_of(pc);

    __atomic_fetch_sub(&site->blocks, 1, __ATOMIC_RELAXED);
    __atomic_fetch_sub(&site->bytes, size, __ATOMIC_RELAXED);
    freed[index] = (struct heap_freed){
        .start = (virt_addr_t)block, .size = size, .allocated_by = pc, .freed_by = freed_by};
}

bool heap_trace_find(virt_addr_t address, struct heap_freed *out)
{
    uint64_t count = __atomic_load_n(&freed_count, __ATOMIC_RELAXED);

    for (uint64_t back = 1; back <= MIN(count, (uint64_t)FREED); back++) {
        *out = freed[(count - back) % FREED];
        if (address - out->start < MAX(out->size, (size_t)1)) {
            return true;
        }
    }
    return false;
}

void heap_panic(const char *what, const void *block, size_t size, virt_addr_t site, virt_addr_t now)
{
    char allocated[NAME_MAX] = "nobody known";
    char done_by[NAME_MAX] = "nobody known";
    char here[NAME_MAX];
    struct heap_freed was;

    if (heap_trace_find((virt_addr_t)block, &was)) {
        symbol_text(done_by, sizeof(done_by), was.freed_by);
        site = site != 0 ? site : was.allocated_by;
        size = size != 0 ? size : was.size;
        block = (const void *)was.start;
    }
    if (site != 0) {
        symbol_text(allocated, sizeof(allocated), site);
    }
    symbol_text(here, sizeof(here), now);
    log_error("block %p of %zu bytes: %s, found by %s", block, size, what, here);
    panic("heap: %s: %p, allocated by %s, freed by %s", what, block, allocated, done_by);
}

void heap_check_poison(const void *start, size_t size, virt_addr_t now)
{
    const uint8_t *bad = heap_find_other(start, size, POISON_FREE);

    if (unlikely(bad != NULL)) {
        heap_panic("written to after it was freed", bad, 0, 0, now);
    }
}

/* The entry with the largest sum below `last`, in a strict order. */
static const struct site *next_largest(const struct site *last)
{
    const struct site *best = NULL;

    for (const struct site *site = sites; site < sites + SITES; site++) {
        bool below = last == NULL || site->bytes < last->bytes ||
                     (site->bytes == last->bytes && site > last);

        if (site->blocks != 0 && below && (best == NULL || site->bytes > best->bytes)) {
            best = site;
        }
    }
    return best;
}

void heap_print_leaks(void)
{
    char name[NAME_MAX];

    console_printf("%10s %8s  allocated by\n", "bytes", "blocks");
    for (const struct site *site = next_largest(NULL); site != NULL; site = next_largest(site)) {
        symbol_text(name, sizeof(name), site->pc);
        console_printf("%10llu %8llu  %s\n", (unsigned long long)site->bytes,
                       (unsigned long long)site->blocks,
                       site == sites ? "places beyond the table" : name);
    }
}
