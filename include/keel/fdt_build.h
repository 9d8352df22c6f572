/* SPDX-License-Identifier: MIT */
/* Writer of flattened device trees (Devicetree Specification v0.4, chapter 5), from front to back
 * into memory of the caller. The first error sticks: later calls do nothing, and
 * fdt_build_finish() gives it. Errors: -ENOSPC, the memory is full; -EINVAL, calls in an order
 * that makes no tree (a property behind a child, a reservation behind a node, an open node). */
#ifndef KEEL_FDT_BUILD_H
#define KEEL_FDT_BUILD_H

#include <keel/fdt.h>

#define FDT_BUILD_NAMES 64 /* slots that find a property's name again; a power of two */

struct fdt_build {
    uint8_t *buf;
    uint32_t size;
    uint32_t used;       /* bytes from the front: header, reservations, structure */
    uint32_t strings;    /* bytes from the back: names of properties */
    uint32_t struct_off; /* 0 until the first node */
    uint32_t boot_cpu;   /* boot_cpuid_phys; the caller may set it */
    uint32_t depth;      /* open nodes */
    bool props;          /* a property may come */
    int status;
    uint32_t names[FDT_BUILD_NAMES]; /* where names start, in bytes from the back; 0: free */
};

/* What fdt_build_copy() asks about every node of the tree it copies. Any may be NULL. */
struct fdt_edit {
    /* The name that `node` gets, usually its own; NULL leaves it out with all below it. */
    const char *(*node)(const struct fdt *from, int node, void *ctx);
    /* Whether a property is copied. */
    bool (*prop)(const struct fdt *from, int node, const struct fdt_prop *prop, void *ctx);
    /* Called behind the copied properties: may write more. */
    void (*add_props)(struct fdt_build *to, const struct fdt *from, int node, void *ctx);
    /* Called behind the copied children: may write more. */
    void (*add_nodes)(struct fdt_build *to, const struct fdt *from, int node, void *ctx);
};

/* Starts a tree in the `size` bytes at `buf`, which must be 8-byte aligned. */
void fdt_build_begin(struct fdt_build *build, void *buf, size_t size);
/* Adds a memory reservation; before the first node. */
void fdt_build_reserve(struct fdt_build *build, phys_addr_t base, uint64_t size);
/* Opens a node ("" for the root), and closes the one opened last. */
void fdt_build_node(struct fdt_build *build, const char *name);
void fdt_build_node_end(struct fdt_build *build);
/* Adds a property to the open node. */
void fdt_build_prop(struct fdt_build *build, const char *name, const void *value, uint32_t len);
void fdt_build_u32(struct fdt_build *build, const char *name, uint32_t value);
void fdt_build_u64(struct fdt_build *build, const char *name, uint64_t value);
void fdt_build_cells(struct fdt_build *build, const char *name, const uint32_t *cells,
                     uint32_t count);
void fdt_build_string(struct fdt_build *build, const char *name, const char *value);
/* Adds a property of `len` bytes for the caller to fill; NULL after an error. */
uint8_t *fdt_build_space(struct fdt_build *build, const char *name, uint32_t len);
/* Copies a whole tree, reservations included, with changes; to be called right after begin. */
void fdt_build_copy(struct fdt_build *build, const struct fdt *from, const struct fdt_edit *edit,
                    void *ctx);
/* Ends the tree. 0 or the first error; *size gets its bytes from buf on. */
int fdt_build_finish(struct fdt_build *build, uint32_t *size);

/* Writes a cell, and a number of two, at any alignment. */
static inline void fdt_put_cell(uint8_t *p, uint32_t value)
{
    p[0] = (uint8_t)(value >> 24);
    p[1] = (uint8_t)(value >> 16);
    p[2] = (uint8_t)(value >> 8);
    p[3] = (uint8_t)value;
}

static inline void fdt_put_cell64(uint8_t *p, uint64_t value)
{
    fdt_put_cell(p, (uint32_t)(value >> 32));
    fdt_put_cell(p + 4, (uint32_t)value);
}

#endif
