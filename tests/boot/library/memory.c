/* SPDX-License-Identifier: MIT */
/* The heap on the kernel's memory. */
#include "steps.h"

#include <keel/threads.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define BLOCKS  200u
#define ROUNDS  3000u
#define THREADS 3u
#define MIB     ((size_t)1 << 20)

struct block {
    unsigned char *bytes;
    size_t size;
    unsigned char pattern;
};

static uint32_t next(uint32_t *seed)
{
    *seed = *seed * 1664525u + 1013904223u;
    return *seed >> 8;
}

static bool intact(const struct block *block)
{
    for (size_t i = 0; i < block->size; i++) {
        if (block->bytes[i] != block->pattern) {
            return false;
        }
    }
    return true;
}

/* Allocates and frees at random; what is in a block stays. */
static bool use_heap(uint32_t seed)
{
    struct block *blocks = calloc(BLOCKS, sizeof(*blocks));
    bool good = blocks != NULL;

    for (unsigned i = 0; good && i < ROUNDS; i++) {
        struct block *block = &blocks[next(&seed) % BLOCKS];

        if (block->bytes) {
            good = intact(block);
            free(block->bytes);
            block->bytes = NULL;
        } else {
            block->size = next(&seed) % (next(&seed) % 16 == 0 ? 40000 : 300);
            block->pattern = (unsigned char)next(&seed);
            block->bytes = malloc(block->size);
            good = block->bytes != NULL;
            memset(block->bytes, block->pattern, good ? block->size : 0);
        }
    }
    for (unsigned i = 0; blocks && i < BLOCKS; i++) {
        free(blocks[i].bytes);
    }
    free(blocks);
    return good;
}

bool heap_serves(void)
{
    NEED(use_heap(1));
    NEED(use_heap(2));
    return true;
}

bool large_blocks_come_and_go(void)
{
    for (unsigned i = 0; i < 4; i++) {
        unsigned char *block = calloc(8, MIB);

        NEED(block != NULL);
        NEED(block[0] == 0 && block[8 * MIB - 1] == 0);
        block[0] = block[8 * MIB - 1] = 1;
        block = realloc(block, 16 * MIB);
        NEED(block && block[0] == 1 && block[8 * MIB - 1] == 1);
        free(block);
    }
    NEED(malloc((size_t)1 << 45) == NULL);
    NEED((uintptr_t)aligned_alloc(MIB, 100) % MIB == 0);
    return true;
}

static int use_heap_in_thread(void *seed)
{
    return use_heap((uint32_t)(uintptr_t)seed) ? 1 : 0;
}

bool heap_from_threads(void)
{
    keel_thread_t *threads[THREADS];

    for (uintptr_t i = 0; i < THREADS; i++) {
        NEED(keel_thread_run(&threads[i], "heap", use_heap_in_thread, (void *)(i + 10), 0) == 0);
    }
    for (unsigned i = 0; i < THREADS; i++) {
        int good;

        NEED(keel_thread_join(threads[i], &good) == 0);
        NEED(good == 1);
    }
    return true;
}
