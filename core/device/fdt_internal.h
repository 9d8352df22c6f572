/* SPDX-License-Identifier: MIT */
/* What the files of the device-tree reader share: tokens of the structure block. */
#ifndef CORE_DEVICE_FDT_INTERNAL_H
#define CORE_DEVICE_FDT_INTERNAL_H

#include <keel/byteorder.h>
#include <keel/errno.h>
#include <keel/fdt.h>

/* Tags of the structure block (DTS 5.4.1); FDT_BAD is our own, for anything else. */
enum fdt_tag {
    FDT_BAD = 0,
    FDT_BEGIN_NODE = 1,
    FDT_END_NODE = 2,
    FDT_PROP = 3,
    FDT_NOP = 4,
    FDT_END = 9,
};

/* Header (DTS 5.2): byte offsets of its cells. */
enum fdt_header {
    FDT_H_MAGIC = 0,
    FDT_H_TOTALSIZE = 4,
    FDT_H_OFF_STRUCT = 8,
    FDT_H_OFF_STRINGS = 12,
    FDT_H_OFF_RSVMAP = 16,
    FDT_H_VERSION = 20,
    FDT_H_LAST_COMP = 24,
    FDT_H_BOOT_CPU = 28,
    FDT_H_SIZE_STRINGS = 32,
    FDT_H_SIZE_STRUCT = 36, /* from version 17 on */
    FDT_H_SIZE_V16 = 36,
    FDT_H_SIZE = 40,
};

#define FDT_VERSION      17
#define FDT_VERSION_16   16
#define FDT_CELL         4u
#define FDT_RSV_ENTRY    16u
#define FDT_CELLS_MAX    4 /* most cells in an address or a size */
#define FDT_PROP_PREFIX  12u
#define FDT_PHANDLE_FREE 0xffffffffu /* the other value that nobody may have */

/* One token, everything in it inside of the tree. */
struct fdt_token {
    enum fdt_tag tag;
    uint32_t next;       /* offset behind it */
    uint32_t len;        /* FDT_PROP: bytes of value; FDT_BEGIN_NODE: bytes of name */
    uint32_t name;       /* FDT_PROP: offset in the strings block */
    const uint8_t *data; /* value or name */
};

/* A word of the tree at an aligned place: of the memory's bytes, whatever else they are used as. */
typedef be32_t __attribute__((may_alias)) fdt_word_t;

/* A cell of the structure block: by one load where that can be. */
static inline uint32_t fdt_word(const struct fdt *fdt, const uint8_t *p)
{
    return fdt->aligned ? be32_to_cpu(*(const fdt_word_t *)(const void *)p) : fdt_cell(p);
}

/* Reads the token at `off`; FDT_BAD when there is no whole one. */
enum fdt_tag fdt_token(const struct fdt *fdt, uint32_t off, struct fdt_token *token);

/* The token that opens `node`; 0, or why there is none. */
int fdt_node_token(const struct fdt *fdt, int node, struct fdt_token *token);

/* fdt_prop() for a name of `name_len` bytes, or up to its NUL. */
const uint8_t *fdt_prop_n(const struct fdt *fdt, int node, const char *name, size_t name_len,
                          uint32_t *len);

/* #interrupt-cells and the like: a property of one cell that is at most `max`. */
int fdt_cell_count(const struct fdt *fdt, int node, const char *name, uint32_t max);

static inline size_t fdt_strlen(const char *s)
{
    size_t n = 0;

    while (s[n] != '\0') {
        n++;
    }
    return n;
}

static inline bool fdt_bytes_equal(const char *a, const char *b, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (a[i] != b[i]) {
            return false;
        }
    }
    return true;
}

#endif
