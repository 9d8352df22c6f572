/* SPDX-License-Identifier: MIT */
/* Reads cpio archives of the "newc" format: boot file systems. Whatever the bytes are, nothing outside of them
 * is read, and it ends. */
#ifndef KEEL_CPIO_H
#define KEEL_CPIO_H

#include <keel/types.h>

struct cpio {
    const void *data;
    size_t size;
};

struct cpio_entry {
    const char *name; /* in the archive, NUL-terminated, without "./" or "/" in front */
    uint32_t mode;    /* type and permissions, as stat() has them */
    const void *data;
    size_t size;
};

#define CPIO_TYPE_MASK 0170000u
#define CPIO_TYPE_FILE 0100000u

/* The entry at *at, a position that starts as 0 and is moved behind it. 0; -ENOENT: no more; -EPROTO:
 * malformed or cut off there. Any context. */
int cpio_next(const struct cpio *archive, size_t *at, struct cpio_entry *out);

/* The regular file of that path ("bin/init", also with "/" in front); the last one counts where there are
 * several. 0; -ENOENT; -EPROTO: malformed before the end, whatever was found. */
int cpio_find(const struct cpio *archive, const char *path, struct cpio_entry *out);

#endif
