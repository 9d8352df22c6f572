/* SPDX-License-Identifier: MIT */
/* The boot file system: the kernel's reader, on memory that is mapped here. */
#include "../start/bootstrap.h"

#include <keel/bootfs.h>
#include <keel/cpio.h>
#include <keel/memory.h>
#include <keel/startup.h>
#include <keel/syscalls.h>

int keel_bootfs_map(keel_handle_t vmo, keel_bootfs_t *out)
{
    int64_t at;
    uint64_t size;
    int err = keel_vmo_get_size(vmo, &size);

    if (err != 0) {
        return err;
    }
    at =
        keel_vmar_map(lib_startup_peek(KEEL_STARTUP_ROOT_VMAR), KEEL_VM_PERM_READ, 0, vmo, 0, size);
    if (at < 0) {
        return (int)at;
    }
    *out = (keel_bootfs_t){.data = (const void *)at, .size = size};
    return 0;
}

void keel_bootfs_unmap(const keel_bootfs_t *bootfs)
{
    (void)keel_vmar_unmap(lib_startup_peek(KEEL_STARTUP_ROOT_VMAR), (uintptr_t)bootfs->data,
                          bootfs->size);
}

static int give(int err, const struct cpio_entry *entry, keel_bootfs_entry_t *out)
{
    if (err == 0) {
        *out = (keel_bootfs_entry_t){
            .name = entry->name, .mode = entry->mode, .data = entry->data, .size = entry->size};
    }
    return err;
}

int keel_bootfs_next(const keel_bootfs_t *bootfs, size_t *at, keel_bootfs_entry_t *out)
{
    const struct cpio archive = {bootfs->data, bootfs->size};
    struct cpio_entry entry;

    return give(cpio_next(&archive, at, &entry), &entry, out);
}

int keel_bootfs_find(const keel_bootfs_t *bootfs, const char *path, keel_bootfs_entry_t *out)
{
    const struct cpio archive = {bootfs->data, bootfs->size};
    struct cpio_entry entry;

    return give(cpio_find(&archive, path, &entry), &entry, out);
}
