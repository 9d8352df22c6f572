/* SPDX-License-Identifier: MIT */
/* How costs grow with the size of a memory object, and with the number of its mappings: each operation is
 * measured at several sizes, and must not grow faster than their logarithm. */
#include "bench_mm.h"

#include <arch/layout.h>
#include <arch/mmu.h>
#include <keel/aspace.h>
#include <keel/bench.h>
#include <keel/panic.h>
#include <keel/vmo.h>

#define KIB    1024ull
#define MIB    (1024 * KIB)
#define GIB    (1024 * MIB)
#define SPREAD 64u /* pages all over an object, so that its tree is as high as its size wants */
#define PRIME  2654435761u /* its multiples are all over whatever they are taken modulo of */

static const uint64_t object_bytes[] = {64 * KIB, MIB, 16 * MIB, 256 * MIB, 4 * GIB, 64 * GIB};
static const uint64_t mapping_counts[] = {1, 10, 100, 1000, 10000};

static struct aspace *space;
static struct vmo *object, *other;
static virt_addr_t base;
static uint64_t size;
static bool writable;

static void touch(virt_addr_t va)
{
    arch_user_access_begin();
    *(volatile uint8_t *)va = 1;
    arch_user_access_end();
}

static void clear(void)
{
    bench_mm_release();
    bench_vm_release();
    aspace_switch(NULL);
    if (space) {
        aspace_destroy(space);
        vmo_unref(object);
        vmo_unref(other);
    }
    KASSERT(aspace_create("curve", &space) == 0);
    aspace_switch(space);
    KASSERT(vmo_create(PAGE_SIZE, 0, &other) == 0);
}

/* --- The size of an object --- */

static uint64_t last_page(void)
{
    return size - PAGE_SIZE;
}

/* Pages all over, but none at the end, whose neighbour is there. */
static void object_of(uint64_t bytes)
{
    uint64_t step = MAX(bytes / SPREAD, PAGE_SIZE);

    clear();
    size = bytes;
    KASSERT(vmo_create(size, 0, &object) == 0);
    for (uint64_t at = 0; at < last_page(); at += step) {
        KASSERT(vmo_commit(object, at, PAGE_SIZE) == 0);
    }
    KASSERT(vmo_commit(object, last_page() - PAGE_SIZE, PAGE_SIZE) == 0);
}

#define SIZE_CURVE(ident, row) \
    BENCH_CURVE(ident, row, "bytes of the object", object_bytes, object_of)

SIZE_CURVE(read, "vmo.read.8")
{
    uint64_t value;
    size_t done;

    KASSERT(vmo_read(object, &value, last_page() - PAGE_SIZE, sizeof(value), &done) == 0);
}

SIZE_CURVE(commit, "vmo.commit_decommit.1")
{
    KASSERT(vmo_commit(object, last_page(), PAGE_SIZE) == 0);
    KASSERT(vmo_decommit(object, last_page(), PAGE_SIZE) == 0);
}

SIZE_CURVE(clone, "vmo.clone")
{
    struct vmo *clone;

    KASSERT(vmo_snapshot(object, 0, size, &clone) == 0);
    vmo_unref(clone);
}

/* The first write to a clone copies the way to its page. */
SIZE_CURVE(clone_write, "vmo.clone_write")
{
    struct vmo *clone;
    size_t done;

    KASSERT(vmo_snapshot(object, 0, size, &clone) == 0);
    KASSERT(vmo_write(clone, &size, last_page() - PAGE_SIZE, sizeof(size), &done) == 0);
    vmo_unref(clone);
}

SIZE_CURVE(map_fault_unmap, "vm.map_fault_unmap")
{
    virt_addr_t va;

    KASSERT(region_map(aspace_root(space), 0, object, 0, size, VM_READ | VM_WRITE, &va) == 0);
    touch(va + last_page() - PAGE_SIZE);
    KASSERT(region_unmap(aspace_root(space), va, size) == 0);
}

/* --- The number of mappings, all of one object in one space, as splits leave them --- */

static void mappings_of(uint64_t count)
{
    clear();
    size = count * PAGE_SIZE;
    KASSERT(vmo_create(size + PAGE_SIZE, 0, &object) == 0); /* no clone is one of all of it */
    KASSERT(region_map(aspace_root(space), 0, object, 0, size, VM_READ | VM_WRITE, &base) == 0);
    for (uint64_t at = PAGE_SIZE; at < size; at += 2 * PAGE_SIZE) {
        KASSERT(region_protect(aspace_root(space), base + at, PAGE_SIZE, VM_READ) == 0);
    }
    touch(base);
}

#define COUNT_CURVE(ident, row) \
    BENCH_CURVE(ident, row, "mappings of the object", mapping_counts, mappings_of)

static uint64_t middle_page(void)
{
    return ALIGN_DOWN(size / 2, 2 * PAGE_SIZE);
}

COUNT_CURVE(fault_decommit, "fault.zero_decommit")
{
    touch(base + middle_page());
    KASSERT(vmo_decommit(object, middle_page(), PAGE_SIZE) == 0);
}

COUNT_CURVE(map_unmap_many, "vm.map_unmap.1.kernel")
{
    virt_addr_t va;

    KASSERT(region_map(aspace_root(space), 0, object, middle_page(), PAGE_SIZE, VM_READ | VM_WRITE,
                       &va) == 0);
    KASSERT(region_unmap(aspace_root(space), va, PAGE_SIZE) == 0);
}

COUNT_CURVE(map_unmap_other, "vm.map_unmap.other")
{
    virt_addr_t va;

    KASSERT(region_map(aspace_root(space), 0, other, 0, PAGE_SIZE, VM_READ, &va) == 0);
    KASSERT(region_unmap(aspace_root(space), va, PAGE_SIZE) == 0);
}

/* One that its neighbours differ from, another one each time: what a split costs depends on where in
 * its tree a mapping stands. */
static uint64_t some_page(uint64_t turn)
{
    return turn * PRIME % (size / (2 * PAGE_SIZE) + 1) * 2 * PAGE_SIZE % size;
}

COUNT_CURVE(protect_many, "vm.protect.1")
{
    static uint64_t turn;

    writable = !writable;
    turn += !writable;
    KASSERT(region_protect(aspace_root(space), base + some_page(turn), PAGE_SIZE,
                           VM_READ | (writable ? VM_WRITE : 0)) == 0);
}

COUNT_CURVE(clone_one, "vmo.clone.1")
{
    struct vmo *clone;

    KASSERT(vmo_snapshot(object, middle_page(), PAGE_SIZE, &clone) == 0);
    vmo_unref(clone);
}
