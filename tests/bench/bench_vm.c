/* SPDX-License-Identifier: MIT */
/* What faults and mappings of user memory cost, touched by the kernel in a user address space. */
#include "bench_mm.h"

#include <arch/layout.h>
#include <arch/mmu.h>
#include <keel/aspace.h>
#include <keel/bench.h>
#include <keel/panic.h>
#include <keel/vmo.h>

#define TOUCHES 5100ul /* more than a row's operations */
#define BIG     (1ull << 36)

static struct aspace *space;
static struct vmo *object;
static struct vmo *parent;
static virt_addr_t next;

static void touch(virt_addr_t va)
{
    arch_user_access_begin();
    *(volatile uint8_t *)va = 1;
    arch_user_access_end();
}

void bench_vm_release(void)
{
    aspace_switch(NULL);
    if (space) {
        aspace_destroy(space);
        vmo_unref(object);
        space = NULL;
    }
    if (parent) {
        vmo_unref(parent);
        parent = NULL;
    }
}

/* Gives back what the row before used: others measure with RAM to themselves. */
static void clear(void)
{
    bench_mm_release();
    bench_vm_release();
}

/* A space and an object of its own for each row. */
static void map_object(uint64_t size)
{
    clear();
    KASSERT(aspace_create("bench", &space) == 0);
    aspace_switch(space);
    KASSERT(vmo_create(size, 0, &object) == 0);
    KASSERT(region_map(aspace_root(space), 0, object, 0, size, VM_READ | VM_WRITE, &next) == 0);
}

static void setup_zero(void)
{
    map_object(TOUCHES * PAGE_SIZE);
}

/* The first write to a page: a fault, a page, its clearing, a translation. */
BENCH(fault_zero, "fault.zero.kernel", setup_zero)
{
    touch(next);
    next += PAGE_SIZE;
}

static void setup_cow(void)
{
    map_object(TOUCHES * PAGE_SIZE);
    KASSERT(vmo_commit(object, 0, TOUCHES * PAGE_SIZE) == 0);
    KASSERT(vmo_snapshot(object, 0, TOUCHES * PAGE_SIZE, &parent) == 0);
}

/* The first write to a page that a clone shares: a fault, a page, its copy, a translation. */
BENCH(fault_cow, "fault.cow.kernel", setup_cow)
{
    touch(next);
    next += PAGE_SIZE;
}

static void setup_map(void)
{
    map_object(PAGE_SIZE);
    touch(next);
}

/* One page that is there, mapped with its translation, and unmapped. */
BENCH(vm_map_unmap, "vm.map_unmap.1.kernel", setup_map)
{
    virt_addr_t va;

    KASSERT(region_map(aspace_root(space), 0, object, 0, PAGE_SIZE,
                       VM_READ | VM_WRITE | ASPACE_MAP_RANGE, &va) == 0);
    KASSERT(region_unmap(aspace_root(space), va, PAGE_SIZE) == 0);
}

static void setup_clone(void)
{
    clear();
    KASSERT(vmo_create(BIG, 0, &object) == 0);
    for (uint64_t at = 0; at < BIG; at += BIG / 64) {
        KASSERT(vmo_commit(object, at, PAGE_SIZE) == 0);
    }
}

/* A snapshot of 64 GiB with pages all over, and its end. */
BENCH(vmo_clone, "vmo.clone", setup_clone)
{
    struct vmo *clone;

    KASSERT(vmo_snapshot(object, 0, BIG, &clone) == 0);
    vmo_unref(clone);
}
