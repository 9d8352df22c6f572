/* SPDX-License-Identifier: MIT */
/* cat [FILE...]: writes files of the boot file system, or what comes in. */
#include <keel/bootfs.h>
#include <keel/errno.h>
#include <keel/runtime.h>
#include <keel/startup.h>
#include <stdio.h>
#include <string.h>

static char piece[KEEL_FD_MESSAGE_MAX];

static int copy_input(void)
{
    int64_t size;

    while ((size = keel_fd_read(0, piece, sizeof(piece))) > 0) {
        int err = keel_fd_write(1, piece, (size_t)size);

        if (err != 0) {
            return err;
        }
    }
    return (int)size;
}

static int copy_file(const keel_bootfs_t *bootfs, const char *path)
{
    keel_bootfs_entry_t file;
    int err = keel_bootfs_find(bootfs, path, &file);

    return err != 0 ? err : keel_fd_write(1, file.data, file.size);
}

/* Nobody reads any more: nothing to complain about. */
static int complain(const char *what, int err)
{
    if (err != -EPIPE) {
        dprintf(2, "cat: %s: %s\n", what, strerror(err));
    }
    return 1;
}

int main(int argc, char **argv)
{
    keel_bootfs_t bootfs;
    int status = 0;
    int err;

    if (argc == 1) {
        err = copy_input();
        return err != 0 ? complain("input", err) : 0;
    }
    err = keel_bootfs_map(keel_startup_handle(KEEL_STARTUP_BOOTFS_VMO), &bootfs);
    if (err != 0) {
        return complain("boot file system", err);
    }
    for (int i = 1; i < argc; i++) {
        err = copy_file(&bootfs, argv[i]);
        if (err != 0) {
            status = complain(argv[i], err);
        }
    }
    return status;
}
