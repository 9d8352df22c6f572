/* SPDX-License-Identifier: MIT */
/* Boot file systems: cpio archives of the format "newc", in a memory object (KEEL_STARTUP_BOOTFS_VMO). Whatever the
 * bytes are, nothing outside of them is read, and it ends. Any thread. */
#ifndef KEEL_BOOTFS_H
#define KEEL_BOOTFS_H

#include <keel/base.h>
#include <stddef.h>

typedef struct keel_bootfs {
    const void *data;
    size_t size;
} keel_bootfs_t;

typedef struct keel_bootfs_entry {
    const char *name; /* in the archive, without "/" in front */
    uint32_t mode;    /* type and permissions, as stat() has them */
    const void *data;
    size_t size;
} keel_bootfs_entry_t;

#define KEEL_BOOTFS_TYPE_MASK   0170000u
#define KEEL_BOOTFS_TYPE_FILE   0100000u
#define KEEL_BOOTFS_TYPE_FOLDER 0040000u

/* Maps all of a memory object for reading; the handle stays the caller's and may be closed. 0 or what the calls
 * say: -EBADF, -EACCES, -ENOMEM. Entries are good until keel_bootfs_unmap(). */
int keel_bootfs_map(keel_handle_t vmo, keel_bootfs_t *out);
void keel_bootfs_unmap(const keel_bootfs_t *bootfs);

/* The entry at *at, a position that starts as 0 and is moved behind it. 0; -ENOENT: no more; -EPROTO: malformed
 * there. */
int keel_bootfs_next(const keel_bootfs_t *bootfs, size_t *at, keel_bootfs_entry_t *out);

/* The file of that path ("bin/init", with or without "/" in front). 0; -ENOENT; -EPROTO: malformed. */
int keel_bootfs_find(const keel_bootfs_t *bootfs, const char *path, keel_bootfs_entry_t *out);

#endif
