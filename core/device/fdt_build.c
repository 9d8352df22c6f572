/* SPDX-License-Identifier: MIT */
/* Device-tree writer. The structure block grows from the front of the memory, the names of
 * properties from its back; the end moves the names up to the structure and points to them. */
#include <keel/fdt_build.h>
#include <keel/hash.h>
#include <keel/string.h>

#include "fdt_internal.h"

/* A copy under way: the nodes of the old tree that are open in the new one. */
struct copy {
    struct fdt_build *to;
    const struct fdt *from;
    const struct fdt_edit *edit;
    void *ctx;
    int open[FDT_DEPTH_MAX];
    int depth;
};

static void fail(struct fdt_build *build, int status)
{
    if (build->status == 0) {
        build->status = status;
    }
}

/* Room for `len` bytes at the front, rounded up to cells and zeroed at its end; NULL on error. */
static uint8_t *grow(struct fdt_build *build, uint64_t len)
{
    uint64_t room = build->size - build->used - build->strings;
    uint8_t *p = build->buf + build->used;

    if (build->status == 0 && ALIGN_UP(len, FDT_CELL) > room) {
        fail(build, -ENOSPC);
    }
    if (build->status != 0) {
        return NULL;
    }
    if (len % FDT_CELL != 0) {
        fdt_put_cell(p + ALIGN_DOWN(len, FDT_CELL), 0);
    }
    build->used += (uint32_t)ALIGN_UP(len, FDT_CELL);
    return p;
}

static void put_tag(struct fdt_build *build, enum fdt_tag tag)
{
    uint8_t *p = grow(build, FDT_CELL);

    if (p != NULL) {
        fdt_put_cell(p, tag);
    }
}

void fdt_build_begin(struct fdt_build *build, void *buf, size_t size)
{
    *build = (struct fdt_build){
        .buf = buf,
        .size = size > INT32_MAX ? INT32_MAX : (uint32_t)size,
    };
    if (size < FDT_H_SIZE) {
        build->size = 0;
        fail(build, -ENOSPC);
        return;
    }
    build->used = FDT_H_SIZE;
}

static void put_reservation(struct fdt_build *build, phys_addr_t base, uint64_t size)
{
    uint8_t *p = grow(build, FDT_RSV_ENTRY);

    if (p != NULL) {
        fdt_put_cell64(p, base);
        fdt_put_cell64(p + 8, size);
    }
}

void fdt_build_reserve(struct fdt_build *build, phys_addr_t base, uint64_t size)
{
    if (build->struct_off != 0 || (base == 0 && size == 0)) {
        fail(build, -EINVAL);
    }
    put_reservation(build, base, size);
}

void fdt_build_node(struct fdt_build *build, const char *name)
{
    size_t len = strlen(name) + 1;
    uint8_t *p;

    if (build->struct_off == 0) {
        put_reservation(build, 0, 0);
        build->struct_off = build->used;
    } else if (build->depth == 0 || build->depth == FDT_DEPTH_MAX) {
        fail(build, -EINVAL);
    }
    put_tag(build, FDT_BEGIN_NODE);
    p = grow(build, len);
    if (p != NULL) {
        memcpy(p, name, len);
    }
    build->depth++;
    build->props = true;
}

void fdt_build_node_end(struct fdt_build *build)
{
    if (build->depth == 0) {
        fail(build, -EINVAL);
        return;
    }
    put_tag(build, FDT_END_NODE);
    build->depth--;
    build->props = false;
}

/* Adds a name at the back; where it starts, in bytes from there, or 0. */
static uint32_t add_name(struct fdt_build *build, const char *name, size_t len)
{
    if (len > build->size - build->used - build->strings) {
        fail(build, -ENOSPC);
        return 0;
    }
    build->strings += (uint32_t)len;
    memcpy(build->buf + build->size - build->strings, name, len);
    return build->strings;
}

/* Finds a name that was written, or writes it. Each has one slot; who comes second into a slot
 * goes without and may be written again. */
static uint32_t find_name(struct fdt_build *build, const char *name)
{
    size_t len = strlen(name) + 1;
    uint32_t *slot = &build->names[fnv1a_32(name, len) % FDT_BUILD_NAMES];

    if (*slot >= len && memcmp(build->buf + build->size - *slot, name, len) == 0) {
        return *slot;
    }
    *slot = add_name(build, name, len);
    return *slot;
}

/* A property whose name starts `name` bytes from the back. */
static uint8_t *put_prop(struct fdt_build *build, uint32_t name, uint32_t len)
{
    uint8_t *p;

    if (!build->props) {
        fail(build, -EINVAL);
    }
    p = grow(build, (uint64_t)FDT_PROP_PREFIX + len);
    if (p == NULL) {
        return NULL;
    }
    fdt_put_cell(p, FDT_PROP);
    fdt_put_cell(p + 4, len);
    fdt_put_cell(p + 8, name);
    return p + FDT_PROP_PREFIX;
}

uint8_t *fdt_build_space(struct fdt_build *build, const char *name, uint32_t len)
{
    return build->status == 0 ? put_prop(build, find_name(build, name), len) : NULL;
}

void fdt_build_prop(struct fdt_build *build, const char *name, const void *value, uint32_t len)
{
    uint8_t *p = fdt_build_space(build, name, len);

    if (p != NULL && len > 0) {
        memcpy(p, value, len);
    }
}

void fdt_build_u32(struct fdt_build *build, const char *name, uint32_t value)
{
    fdt_build_cells(build, name, &value, 1);
}

void fdt_build_u64(struct fdt_build *build, const char *name, uint64_t value)
{
    uint8_t *p = fdt_build_space(build, name, 2 * FDT_CELL);

    if (p != NULL) {
        fdt_put_cell64(p, value);
    }
}

void fdt_build_cells(struct fdt_build *build, const char *name, const uint32_t *cells,
                     uint32_t count)
{
    uint8_t *p = fdt_build_space(build, name, count * FDT_CELL);

    for (uint32_t i = 0; p != NULL && i < count; i++) {
        fdt_put_cell(p + (size_t)i * FDT_CELL, cells[i]);
    }
}

void fdt_build_string(struct fdt_build *build, const char *name, const char *value)
{
    fdt_build_prop(build, name, value, (uint32_t)strlen(value) + 1);
}

/* Copies the properties of `node` that the editor keeps, by the old tree's own strings. */
static void copy_props(struct copy *copy, int node)
{
    const char *end =
        (const char *)copy->from->blob + copy->from->strings_off + copy->from->strings_size;
    struct fdt_prop prop;

    fdt_for_each_prop (copy->from, &prop, node) {
        uint8_t *p;

        if (copy->edit->prop != NULL && !copy->edit->prop(copy->from, node, &prop, copy->ctx)) {
            continue;
        }
        p = put_prop(copy->to, (uint32_t)(end - prop.name), prop.len);
        if (p != NULL) {
            memcpy(p, prop.value, prop.len);
        }
    }
    if (copy->edit->add_props != NULL) {
        copy->edit->add_props(copy->to, copy->from, node, copy->ctx);
    }
}

/* Closes nodes of the copy until `depth` are open. */
static void close_nodes(struct copy *copy, int depth)
{
    while (copy->depth > depth) {
        copy->depth--;
        if (copy->edit->add_nodes != NULL) {
            copy->edit->add_nodes(copy->to, copy->from, copy->open[copy->depth], copy->ctx);
        }
        fdt_build_node_end(copy->to);
    }
}

/* Copies one node, or passes over it with all below it; the next one. */
static int copy_node(struct copy *copy, int node, int *depth)
{
    const char *name = fdt_name(copy->from, node);
    int level = *depth;

    close_nodes(copy, level);
    if (copy->edit->node != NULL) {
        name = copy->edit->node(copy->from, node, copy->ctx);
    }
    if (name != NULL) {
        fdt_build_node(copy->to, name);
        copy->open[copy->depth++] = node;
        copy_props(copy, node);
        return fdt_next(copy->from, node, depth);
    }
    do {
        node = fdt_next(copy->from, node, depth);
    } while (node >= 0 && *depth > level);
    return node;
}

void fdt_build_copy(struct fdt_build *build, const struct fdt *from, const struct fdt_edit *edit,
                    void *ctx)
{
    struct copy copy = {.to = build, .from = from, .edit = edit, .ctx = ctx};
    phys_addr_t base;
    uint64_t size;
    int depth = 0;

    if (build->strings != 0 || build->struct_off != 0) {
        fail(build, -EINVAL);
        return;
    }
    (void)add_name(build, (const char *)from->blob + from->strings_off, from->strings_size);
    for (uint32_t i = 0; fdt_memreserve(from, i, &base, &size) == 0; i++) {
        fdt_build_reserve(build, base, size);
    }
    for (int node = fdt_root(from); node >= 0 && build->status == 0;) {
        node = copy_node(&copy, node, &depth);
    }
    close_nodes(&copy, 0);
}

/* Turns places of names from the back into offsets in the strings block. */
static void place_names(struct fdt_build *build)
{
    uint32_t off = build->struct_off;

    while (off < build->used) {
        uint8_t *p = build->buf + off;

        off += FDT_CELL;
        switch (fdt_cell(p)) {
        case FDT_BEGIN_NODE:
            off += (uint32_t)ALIGN_UP(strlen((const char *)p + FDT_CELL) + 1, FDT_CELL);
            break;
        case FDT_PROP:
            off = (uint32_t)ALIGN_UP(off + FDT_PROP_PREFIX - FDT_CELL + fdt_cell(p + 4), FDT_CELL);
            fdt_put_cell(p + 8, build->strings - fdt_cell(p + 8));
            break;
        default:
            break;
        }
    }
}

static void put_header(struct fdt_build *build, uint32_t size)
{
    uint8_t *p = build->buf;

    fdt_put_cell(p + FDT_H_MAGIC, FDT_MAGIC);
    fdt_put_cell(p + FDT_H_TOTALSIZE, size);
    fdt_put_cell(p + FDT_H_OFF_STRUCT, build->struct_off);
    fdt_put_cell(p + FDT_H_OFF_STRINGS, build->used);
    fdt_put_cell(p + FDT_H_OFF_RSVMAP, FDT_H_SIZE);
    fdt_put_cell(p + FDT_H_VERSION, FDT_VERSION);
    fdt_put_cell(p + FDT_H_LAST_COMP, FDT_VERSION_16);
    fdt_put_cell(p + FDT_H_BOOT_CPU, build->boot_cpu);
    fdt_put_cell(p + FDT_H_SIZE_STRINGS, build->strings);
    fdt_put_cell(p + FDT_H_SIZE_STRUCT, build->used - build->struct_off);
}

int fdt_build_finish(struct fdt_build *build, uint32_t *size)
{
    if (build->depth != 0 || build->struct_off == 0) {
        fail(build, -EINVAL);
    }
    put_tag(build, FDT_END);
    if (build->status != 0) {
        return build->status;
    }
    place_names(build);
    memmove(build->buf + build->used, build->buf + build->size - build->strings, build->strings);
    *size = build->used + build->strings;
    put_header(build, *size);
    return 0;
}
