/* SPDX-License-Identifier: MIT */
/* Memory with nothing around it: stacks, whose overflow is to be seen. */
#include "image.h"

#include <keel/memory.h>
#include <keel/syscalls.h>

#define PAGE ((size_t)4096)

int lib_map_guarded(keel_handle_t vmar, size_t size, uintptr_t *at)
{
    keel_handle_t region, pages;
    uint64_t begin;
    int64_t mapped;
    int err;

    err = keel_vmar_allocate(
        vmar, KEEL_VM_CAN_MAP_READ | KEEL_VM_CAN_MAP_WRITE | KEEL_VM_CAN_MAP_SPECIFIC, 0,
        size + 2 * PAGE, &region, &begin);
    if (err != 0) {
        return err;
    }
    err = keel_vmo_create(size, 0, &pages);
    if (err == 0) {
        mapped = keel_vmar_map(region, KEEL_VM_PERM_READ | KEEL_VM_PERM_WRITE | KEEL_VM_SPECIFIC,
                               PAGE, pages, 0, size);
        err = mapped < 0 ? (int)mapped : 0;
        (void)keel_handle_close(pages);
    }
    if (err != 0) {
        (void)keel_vmar_destroy(region);
    }
    (void)keel_handle_close(region);
    *at = begin + PAGE;
    return err;
}
