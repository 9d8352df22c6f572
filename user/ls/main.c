/* SPDX-License-Identifier: MIT */
/* ls [-l] [PATH...]: names of the boot file system, in a folder or one by one; -l: with kind and size. */
#include <keel/bootfs.h>
#include <keel/runtime.h>
#include <keel/startup.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

static keel_bootfs_t bootfs;
static bool in_full;

static bool is_folder(const keel_bootfs_entry_t *entry)
{
    return (entry->mode & KEEL_BOOTFS_TYPE_MASK) == KEEL_BOOTFS_TYPE_FOLDER;
}

static void show(const keel_bootfs_entry_t *entry, const char *name)
{
    if (in_full) {
        printf("%c %10zu ", is_folder(entry) ? 'd' : '-', entry->size);
    }
    printf("%s%s\n", name, is_folder(entry) && !in_full ? "/" : "");
}

/* What stands in a folder itself, or NULL. */
static const char *name_within(const char *name, const char *folder, size_t length)
{
    if (length != 0) {
        if (strncmp(name, folder, length) != 0 || name[length] != '/') {
            return NULL;
        }
        name += length + 1;
    }
    return *name && !strchr(name, '/') && strcmp(name, ".") != 0 ? name : NULL;
}

/* "/" and "." are the folder of all; a '/' at the end says nothing. */
static const char *trim(const char *path, size_t *length)
{
    while (*path == '/') {
        path++;
    }
    *length = strcmp(path, ".") == 0 ? 0 : strlen(path);
    while (*length != 0 && path[*length - 1] == '/') {
        (*length)--;
    }
    return path;
}

static int list(const char *path)
{
    keel_bootfs_entry_t entry;
    size_t at = 0, length;
    bool found;

    path = trim(path, &length);
    found = length == 0;
    while (keel_bootfs_next(&bootfs, &at, &entry) == 0) {
        const char *name = name_within(entry.name, path, length);

        if (name) {
            show(&entry, name);
            found = true;
        } else if (strlen(entry.name) == length && strncmp(entry.name, path, length) == 0) {
            found = true;
            if (!is_folder(&entry)) {
                show(&entry, entry.name);
            }
        }
    }
    if (!found) {
        dprintf(2, "ls: %s: not found\n", path);
    }
    return !found;
}

int main(int argc, char **argv)
{
    int first = 1, status = 0;
    int err = keel_bootfs_map(keel_startup_handle(KEEL_STARTUP_BOOTFS_VMO), &bootfs);

    if (err != 0) {
        dprintf(2, "ls: boot file system: %s\n", strerror(err));
        return 1;
    }
    if (argc > 1 && strcmp(argv[1], "-l") == 0) {
        in_full = true;
        first = 2;
    }
    if (first == argc) {
        return list("");
    }
    for (int i = first; i < argc; i++) {
        status |= list(argv[i]);
    }
    return status;
}
