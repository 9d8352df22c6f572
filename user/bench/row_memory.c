/* SPDX-License-Identifier: MIT */
/* Pages: touched for the first time, copied, mapped. */
#include "bench.h"

#include <keel/call_types.h>
#include <keel/errno.h>
#include <keel/runtime.h>
#include <keel/startup.h>
#include <keel/syscalls.h>

#define PAGE        UINT64_C(4096)
#define REGION_SIZE (4 * PAGE)
#define READ_WRITE  (KEEL_VM_PERM_READ | KEEL_VM_PERM_WRITE)

keel_handle_t own_addresses(void)
{
    static keel_handle_t vmar;

    if (vmar == KEEL_HANDLE_INVALID) {
        vmar = keel_startup_handle(KEEL_STARTUP_ROOT_VMAR);
    }
    return vmar;
}

/* An object of a page for each operation, mapped. */
struct pages {
    keel_handle_t vmo;
    int64_t base;
    uint64_t size;
};

static int make_pages(struct run *run, struct pages *pages)
{
    int err;

    pages->size = (uint64_t)run->operations * PAGE;
    err = keel_vmo_create(pages->size, 0, &pages->vmo);
    if (err != 0) {
        return run_failed(run, err, "no memory object");
    }
    pages->base = keel_vmar_map(own_addresses(), READ_WRITE, 0, pages->vmo, 0, pages->size);
    if (pages->base < 0) {
        (void)keel_handle_close(pages->vmo);
        return run_failed(run, (int)pages->base, "it cannot be mapped");
    }
    return 0;
}

static void drop_pages(const struct pages *pages)
{
    (void)keel_vmar_unmap(own_addresses(), (uint64_t)pages->base, pages->size);
    (void)keel_handle_close(pages->vmo);
}

static void touch_all(struct run *run, const struct pages *pages)
{
    volatile char *at = (char *)(uintptr_t)pages->base;

    run_begin(run);
    REPEAT(run->operations)
    {
        *at = 1;
        at += PAGE;
    }
    run_end(run);
}

int run_fault_zero(struct run *run)
{
    struct pages pages;
    int err = make_pages(run, &pages);

    if (err == 0) {
        touch_all(run, &pages);
        drop_pages(&pages);
    }
    return err;
}

/* Pages that there are, and that a copy of the object has too. */
static int share_pages(struct run *run, const struct pages *pages, keel_handle_t *copy)
{
    int err = keel_vmo_op_range(pages->vmo, KEEL_VMO_OP_COMMIT, 0, pages->size, NULL, 0);

    if (err == 0) {
        err = keel_vmo_create_child(pages->vmo, KEEL_VMO_CHILD_SNAPSHOT, 0, pages->size, copy);
    }
    return err == 0 ? 0 : run_failed(run, err, "no copy");
}

int run_fault_copy(struct run *run)
{
    struct pages pages;
    keel_handle_t copy = KEEL_HANDLE_INVALID;
    int err = make_pages(run, &pages);

    if (err != 0) {
        return err;
    }
    err = share_pages(run, &pages, &copy);
    if (err == 0) {
        touch_all(run, &pages);
        (void)keel_handle_close(copy);
    }
    drop_pages(&pages);
    return err;
}

/* A small region of the program's, with a page that keeps its table. */
static int make_region(struct run *run, keel_handle_t vmo, keel_handle_t *region)
{
    uint64_t base;
    int64_t at;
    int err = keel_vmar_allocate(own_addresses(), KEEL_VM_CAN_MAP_READ | KEEL_VM_CAN_MAP_WRITE, 0,
                                 REGION_SIZE, region, &base);

    if (err != 0) {
        return run_failed(run, err, "no region");
    }
    at = keel_vmar_map(*region, READ_WRITE | KEEL_VM_MAP_RANGE, 0, vmo, 0, PAGE);
    return at > 0 ? 0 : run_failed(run, (int)at, "it cannot be mapped");
}

static void drop_region(keel_handle_t region)
{
    (void)keel_vmar_destroy(region);
    (void)keel_handle_close(region);
}

static int map_often(struct run *run, keel_handle_t region, keel_handle_t vmo)
{
    int err = 0;

    run_begin(run);
    REPEAT(run->operations)
    {
        int64_t at = keel_vmar_map(region, READ_WRITE | KEEL_VM_MAP_RANGE, 0, vmo, 0, PAGE);

        err |= keel_vmar_unmap(region, (uint64_t)at, PAGE);
    }
    run_end(run);
    return err == 0 ? 0 : run_failed(run, -EIO, "it cannot be mapped");
}

int run_map(struct run *run)
{
    keel_handle_t vmo = KEEL_HANDLE_INVALID, region = KEEL_HANDLE_INVALID;
    int err = keel_vmo_create(PAGE, 0, &vmo);

    if (err != 0) {
        return run_failed(run, err, "no memory object");
    }
    err = keel_vmo_op_range(vmo, KEEL_VMO_OP_COMMIT, 0, PAGE, NULL, 0);
    if (err == 0) {
        err = make_region(run, vmo, &region);
    }
    if (err == 0) {
        err = map_often(run, region, vmo);
    }
    drop_region(region);
    (void)keel_handle_close(vmo);
    return err;
}
