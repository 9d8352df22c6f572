/* SPDX-License-Identifier: MIT */
/* cpio archives, format "newc": 110 characters of header in hexadecimal, the name, the data, both filled up
 * to a multiple of four. */
#include <keel/cpio.h>
#include <keel/errno.h>
#include <keel/string.h>

#define MAGIC_SIZE         6u
#define FIELD_SIZE         8u
#define FIELDS             13u
#define HEADER_SIZE        (MAGIC_SIZE + FIELDS * FIELD_SIZE)
#define FIELD_MODE         1u
#define FIELD_SIZE_OF_FILE 6u
#define FIELD_SIZE_OF_NAME 11u
#define NAME_MAX           4096u /* with its NUL */
#define TRAILER            "TRAILER!!!"

static bool read_field(const char *header, unsigned field, uint32_t *out)
{
    const char *digits = header + MAGIC_SIZE + (size_t)field * FIELD_SIZE;
    uint32_t value = 0;

    for (unsigned i = 0; i < FIELD_SIZE; i++) {
        char c = digits[i];
        uint32_t digit = c >= '0' && c <= '9'   ? (uint32_t)(c - '0')
                         : c >= 'a' && c <= 'f' ? (uint32_t)(c - 'a') + 10
                         : c >= 'A' && c <= 'F' ? (uint32_t)(c - 'A') + 10
                                                : 16;

        if (digit == 16) {
            return false;
        }
        value = value << 4 | digit;
    }
    *out = value;
    return true;
}

/* Without what stands for the root. */
static const char *plain_name(const char *name)
{
    while (name[0] == '/' || (name[0] == '.' && name[1] == '/')) {
        name++;
    }
    return name;
}

/* A piece of `size` bytes at *at; behind it, *at is a multiple of four or the end of what there is. */
static const char *take(const struct cpio *archive, size_t *at, size_t size)
{
    size_t start = *at, end;

    if (start > archive->size || size > archive->size - start) {
        return NULL;
    }
    end = ALIGN_UP(start + size, 4);
    *at = end < archive->size ? end : archive->size;
    return (const char *)archive->data + start;
}

int cpio_next(const struct cpio *archive, size_t *at, struct cpio_entry *out)
{
    size_t here = *at;
    const char *header = take(archive, &here, HEADER_SIZE), *name;
    uint32_t mode, file_size, name_size;

    here = *at + HEADER_SIZE; /* the name follows at once */
    if (!header || memcmp(header, "07070", MAGIC_SIZE - 1) != 0 ||
        (header[MAGIC_SIZE - 1] != '1' && header[MAGIC_SIZE - 1] != '2') ||
        !read_field(header, FIELD_MODE, &mode) ||
        !read_field(header, FIELD_SIZE_OF_FILE, &file_size) ||
        !read_field(header, FIELD_SIZE_OF_NAME, &name_size) || name_size == 0 ||
        name_size > NAME_MAX) {
        return -EPROTO;
    }
    name = take(archive, &here, name_size);
    if (!name || strnlen(name, name_size) != name_size - 1) {
        return -EPROTO;
    }
    if (strcmp(name, TRAILER) == 0) {
        return -ENOENT;
    }
    *out = (struct cpio_entry){.name = plain_name(name), .mode = mode, .size = file_size};
    out->data = take(archive, &here, file_size);
    if (!out->data) {
        return -EPROTO;
    }
    *at = here;
    return 0;
}

int cpio_find(const struct cpio *archive, const char *path, struct cpio_entry *out)
{
    struct cpio_entry entry;
    size_t at = 0;
    int err, found = -ENOENT;

    path = plain_name(path);
    while ((err = cpio_next(archive, &at, &entry)) == 0) {
        if ((entry.mode & CPIO_TYPE_MASK) == CPIO_TYPE_FILE && strcmp(entry.name, path) == 0) {
            *out = entry;
            found = 0;
        }
    }
    return err == -ENOENT ? found : err;
}
