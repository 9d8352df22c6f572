/* SPDX-License-Identifier: MIT */
/* The host's heap in the place of the kernel's. */
#include "fake_heap.h"

#include <stdlib.h>

static size_t blocks;
static unsigned fail_in;
static bool failed;

size_t fake_heap_blocks(void)
{
    return __atomic_load_n(&blocks, __ATOMIC_RELAXED);
}

void fake_heap_fail_nth(unsigned n)
{
    __atomic_store_n(&fail_in, n, __ATOMIC_RELAXED);
    failed = false;
}

bool fake_heap_failed(void)
{
    return failed;
}

static bool fails_now(void)
{
    if (__atomic_load_n(&fail_in, __ATOMIC_RELAXED) == 0 ||
        __atomic_sub_fetch(&fail_in, 1, __ATOMIC_RELAXED) != 0) {
        return false;
    }
    failed = true;
    return true;
}

void *kmalloc(size_t size)
{
    void *block = fails_now() ? NULL : malloc(size);

    __atomic_add_fetch(&blocks, block != NULL, __ATOMIC_RELAXED);
    return block;
}

void *kzalloc(size_t size)
{
    void *block = fails_now() ? NULL : calloc(1, size);

    __atomic_add_fetch(&blocks, block != NULL, __ATOMIC_RELAXED);
    return block;
}

void kfree(void *block)
{
    __atomic_sub_fetch(&blocks, block != NULL, __ATOMIC_RELAXED);
    free(block);
}
