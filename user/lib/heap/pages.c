/* SPDX-License-Identifier: MIT */
/* Where the heap's addresses and pages come from: a region of the program's own, and a memory object for each
 * piece that is mapped there. */
#include "../start/bootstrap.h"
#include "heap.h"

#include <keel/errno.h>
#include <keel/memory.h>
#include <keel/startup.h>
#include <keel/sync.h>
#include <keel/syscalls.h>
#include <stdio.h>
#include <stdlib.h>

#define REGION_MAX ((size_t)64 << 30)
#define REGION_MIN ((size_t)16 << 20)
#define ACCESS     (KEEL_VM_PERM_READ | KEEL_VM_PERM_WRITE)

static keel_mutex_t lock;
static keel_handle_t region;
static uintptr_t region_begin;

/* The larger the better; spans begin at multiples of their size. */
int lib_heap_reserve(uintptr_t *begin, size_t *size)
{
    keel_handle_t root = lib_startup_peek(KEEL_STARTUP_ROOT_VMAR);
    uint64_t at;
    int err = -ENOMEM;

    for (*size = REGION_MAX; err != 0 && *size >= REGION_MIN; *size /= 2) {
        err = keel_vmar_allocate(
            root, KEEL_VM_CAN_MAP_READ | KEEL_VM_CAN_MAP_WRITE | KEEL_VM_CAN_MAP_SPECIFIC, 0,
            *size + LIB_SPAN_SIZE, &region, &at);
        if (err == 0) {
            region_begin = at;
            *begin = (at + LIB_SPAN_SIZE - 1) / LIB_SPAN_SIZE * LIB_SPAN_SIZE;
            return 0;
        }
    }
    return err;
}

int lib_heap_map(uintptr_t at, size_t size)
{
    keel_handle_t pages;
    int64_t mapped;
    int err = keel_vmo_create(size, 0, &pages);

    if (err != 0) {
        return err;
    }
    mapped = keel_vmar_map(region, ACCESS | KEEL_VM_SPECIFIC, at - region_begin, pages, 0, size);
    (void)keel_handle_close(pages);
    return mapped < 0 ? (int)mapped : 0;
}

void lib_heap_unmap(uintptr_t at, size_t size)
{
    (void)keel_vmar_unmap(region, at, size);
}

void lib_heap_lock(void)
{
    keel_mutex_lock(&lock);
}

void lib_heap_unlock(void)
{
    keel_mutex_unlock(&lock);
}

void lib_heap_misused(const char *what, const void *memory)
{
    dprintf(2, "%s: %p is not allocated\n", what, memory);
    abort();
}
