/* SPDX-License-Identifier: MIT */
/* Our device-tree reader beside libfdt. libfdt is loaded at run time: it is wanted in exactly the
 * version that was fetched, and apart from the one that other programs link. */
#include <keel/errno.h>
#include <keel/fdt.h>
#include <keel/fdt_build.h>

#include <dlfcn.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fdt_compare.h"

/* Nodes of one tree for which the lookups that cost a scan each are compared. */
#define SCANNED_MAX 64
#define PATH_BYTES  4096

/* The calls of libfdt we compare with, under their own names. */
#define LIBFDT_CALLS(X)                                                                \
    X(int, fdt_check_full, (const void *, size_t))                                     \
    X(int, fdt_next_node, (const void *, int, int *))                                  \
    X(const char *, fdt_get_name, (const void *, int, int *))                          \
    X(int, fdt_first_property_offset, (const void *, int))                             \
    X(int, fdt_next_property_offset, (const void *, int))                              \
    X(const void *, fdt_getprop_by_offset, (const void *, int, const char **, int *))  \
    X(const void *, fdt_getprop, (const void *, int, const char *, int *))             \
    X(int, fdt_parent_offset, (const void *, int))                                     \
    X(int, fdt_first_subnode, (const void *, int))                                     \
    X(int, fdt_next_subnode, (const void *, int))                                      \
    X(int, fdt_path_offset, (const void *, const char *))                              \
    X(int, fdt_get_path, (const void *, int, char *, int))                             \
    X(uint32_t, fdt_get_phandle, (const void *, int))                                  \
    X(int, fdt_node_offset_by_phandle, (const void *, uint32_t))                       \
    X(int, fdt_node_offset_by_compatible, (const void *, int, const char *))           \
    X(int, fdt_node_check_compatible, (const void *, int, const char *))               \
    X(int, fdt_stringlist_count, (const void *, int, const char *))                    \
    X(const char *, fdt_stringlist_get, (const void *, int, const char *, int, int *)) \
    X(int, fdt_stringlist_search, (const void *, int, const char *, const char *))     \
    X(int, fdt_address_cells, (const void *, int))                                     \
    X(int, fdt_size_cells, (const void *, int))                                        \
    X(int, fdt_num_mem_rsv, (const void *))                                            \
    X(int, fdt_get_mem_rsv, (const void *, int, uint64_t *, uint64_t *))               \
    X(const char *, fdt_get_alias, (const void *, const char *))

#define DECLARE(type, name, args) type(*name) args;
static struct {
    void *handle;
    LIBFDT_CALLS(DECLARE)
} lib;

/* One comparison: our tree, theirs (the same bytes), and where the result goes. */
struct pair {
    struct fdt fdt;
    const uint8_t *blob;
    struct fdt_compare *result;
    bool slashed; /* a name with '/' in it was seen: libfdt loses its way in paths then */
};

bool fdt_compare_open(const char *library)
{
    lib.handle = dlopen(library, RTLD_NOW | RTLD_LOCAL);
    if (lib.handle == NULL) {
        fprintf(stderr, "%s\n", dlerror());
        return false;
    }
#define RESOLVE(type, name, args)                       \
    *(void **)&lib.name = dlsym(lib.handle, #name);     \
    if (lib.name == NULL) {                             \
        fprintf(stderr, "%s: no %s\n", library, #name); \
        return false;                                   \
    }
    LIBFDT_CALLS(RESOLVE)
    return true;
}

__attribute__((format(printf, 2, 3))) static void differ(struct pair *pair, const char *fmt, ...)
{
    va_list args;

    if (pair->result->why[0] != '\0') {
        return;
    }
    va_start(args, fmt);
    vsnprintf(pair->result->why, sizeof(pair->result->why), fmt, args);
    va_end(args);
}

/* Both say the same number, or both say no. */
static void same_int(struct pair *pair, const char *what, int node, int ours, int theirs)
{
    if (ours != theirs && (ours >= 0 || theirs >= 0)) {
        differ(pair, "%.200s of node %d: %d, libfdt %d", what, node, ours, theirs);
    }
}

static void same_pointer(struct pair *pair, const char *what, int node, const void *ours,
                         const void *theirs)
{
    if (ours != theirs) {
        differ(pair, "%s of node %d: %p, libfdt %p", what, node, ours, theirs);
    }
}

/* The string list in a property, whatever it holds. */
static void compare_strings(struct pair *pair, int node, const char *name)
{
    int count = fdt_prop_string_count(&pair->fdt, node, name);
    int len;

    same_int(pair, "strings", node, count, lib.fdt_stringlist_count(pair->blob, node, name));
    for (int i = 0; i < count && i < 8; i++) {
        const char *string = fdt_prop_string(&pair->fdt, node, name, (uint32_t)i);

        same_pointer(pair, "string", node, string,
                     lib.fdt_stringlist_get(pair->blob, node, name, i, &len));
        same_int(pair, "search", node, fdt_prop_string_find(&pair->fdt, node, name, string),
                 lib.fdt_stringlist_search(pair->blob, node, name, string));
    }
}

static void compare_properties(struct pair *pair, int node)
{
    int their_offset = lib.fdt_first_property_offset(pair->blob, node);
    struct fdt_prop prop;

    fdt_for_each_prop (&pair->fdt, &prop, node) {
        const char *name = NULL;
        int len = 0;
        uint32_t our_len = 0;
        const void *value;

        if (their_offset < 0) {
            differ(pair, "node %d: property %.100s unknown to libfdt", node, prop.name);
            return;
        }
        value = lib.fdt_getprop_by_offset(pair->blob, their_offset, &name, &len);
        same_pointer(pair, "property name", node, prop.name, name);
        same_pointer(pair, "property value", node, prop.value, value);
        same_int(pair, "property length", node, (int)prop.len, len);
        same_pointer(pair, "property by name", node,
                     fdt_prop(&pair->fdt, node, prop.name, &our_len),
                     lib.fdt_getprop(pair->blob, node, prop.name, &len));
        same_int(pair, "length by name", node, (int)our_len, len);
        compare_strings(pair, node, prop.name);
        their_offset = lib.fdt_next_property_offset(pair->blob, their_offset);
        pair->result->properties++;
    }
    same_int(pair, "properties", node, -1, their_offset);
}

static void compare_children(struct pair *pair, int node)
{
    int theirs = lib.fdt_first_subnode(pair->blob, node);
    int ours;

    fdt_for_each_child (&pair->fdt, ours, node) {
        same_int(pair, "child", node, ours, theirs);
        if (theirs < 0) {
            return;
        }
        theirs = lib.fdt_next_subnode(pair->blob, theirs);
    }
    same_int(pair, "children", node, ours, theirs);
}

/* Zero address cells are an error to libfdt; interrupt controllers have them. */
static void compare_cells(struct pair *pair, int node)
{
    int ours = fdt_address_cells(&pair->fdt, node);

    same_int(pair, "#address-cells", node, ours == 0 ? -1 : ours,
             lib.fdt_address_cells(pair->blob, node));
    same_int(pair, "#size-cells", node, fdt_size_cells(&pair->fdt, node),
             lib.fdt_size_cells(pair->blob, node));
}

static void compare_path(struct pair *pair, int node)
{
    char ours[PATH_BYTES];
    char theirs[PATH_BYTES];
    int len = fdt_path(&pair->fdt, node, ours, sizeof(ours));
    int their_status = lib.fdt_get_path(pair->blob, node, theirs, sizeof(theirs));

    if ((len >= 0) != (their_status == 0) || (len >= 0 && strcmp(ours, theirs) != 0)) {
        differ(pair, "path of node %d", node);
    } else if (len >= 0) {
        same_int(pair, ours, node, fdt_find(&pair->fdt, ours),
                 lib.fdt_path_offset(pair->blob, ours));
    }
}

/* What takes a scan of the tree. */
static void compare_lookups(struct pair *pair, int node)
{
    uint32_t phandle = fdt_phandle(&pair->fdt, node);

    if (!pair->slashed) {
        compare_path(pair, node);
    }
    same_int(pair, "parent", node, fdt_parent(&pair->fdt, node),
             lib.fdt_parent_offset(pair->blob, node));
    same_int(pair, "phandle", node, (int)phandle, (int)lib.fdt_get_phandle(pair->blob, node));
    same_int(pair, "by phandle", node, fdt_by_phandle(&pair->fdt, phandle),
             lib.fdt_node_offset_by_phandle(pair->blob, phandle));
    if (fdt_prop_string_count(&pair->fdt, node, "compatible") > 0) {
        const char *compatible = fdt_prop_string(&pair->fdt, node, "compatible", 0);

        same_int(pair, "compatible", node, fdt_is_compatible(&pair->fdt, node, compatible),
                 lib.fdt_node_check_compatible(pair->blob, node, compatible) == 0);
    }
}

/* All nodes that are compatible with `compatible`, if no list in the tree is malformed: libfdt
 * looks one byte beyond such a list. */
static void compare_compatible(struct pair *pair, const char *compatible)
{
    int ours = -1;
    int theirs = -1;

    for (int node = fdt_root(&pair->fdt); node >= 0; node = fdt_next(&pair->fdt, node, NULL)) {
        if (fdt_prop_present(&pair->fdt, node, "compatible") &&
            fdt_prop_string_count(&pair->fdt, node, "compatible") < 0) {
            return;
        }
    }
    do {
        ours = fdt_next_compatible(&pair->fdt, ours, compatible);
        theirs = lib.fdt_node_offset_by_compatible(pair->blob, theirs, compatible);
        same_int(pair, "next compatible", ours, ours, theirs);
    } while (ours >= 0 && theirs >= 0);
}

/* libfdt ends the list at the first size of zero, the specification at a pair of zeros. */
static void compare_reservations(struct pair *pair)
{
    int count = lib.fdt_num_mem_rsv(pair->blob);

    for (int i = 0; i < count; i++) {
        uint64_t base = 0;
        uint64_t size = 0;
        uint64_t their_base = 0;
        uint64_t their_size = 0;
        int status = fdt_memreserve(&pair->fdt, (uint32_t)i, &base, &size);

        (void)lib.fdt_get_mem_rsv(pair->blob, i, &their_base, &their_size);
        if (status != 0 || base != their_base || size != their_size) {
            differ(pair, "reservation %d", i);
        }
    }
}

static void compare_aliases(struct pair *pair)
{
    int aliases = fdt_find(&pair->fdt, "/aliases");
    struct fdt_prop prop;

    fdt_for_each_prop (&pair->fdt, &prop, aliases) {
        same_pointer(pair, "alias", aliases, fdt_alias(&pair->fdt, prop.name, strlen(prop.name)),
                     lib.fdt_get_alias(pair->blob, prop.name));
        if (strchr(prop.name, '/') == NULL && prop.name[0] != '\0') {
            same_int(pair, "alias path", aliases, fdt_find(&pair->fdt, prop.name),
                     lib.fdt_path_offset(pair->blob, prop.name));
        }
    }
}

static void compare_tree(struct pair *pair)
{
    int depth = 0;
    int their_depth = 0;
    int theirs = 0;
    int node = fdt_root(&pair->fdt);

    while (node >= 0 && pair->result->why[0] == '\0') {
        int len;

        same_int(pair, "node", node, node, theirs);
        same_int(pair, "depth", node, depth, their_depth);
        same_pointer(pair, "name", node, fdt_name(&pair->fdt, node),
                     lib.fdt_get_name(pair->blob, node, &len));
        pair->slashed |= strchr(fdt_name(&pair->fdt, node), '/') != NULL;
        compare_properties(pair, node);
        compare_cells(pair, node);
        if (pair->result->nodes < SCANNED_MAX) {
            compare_children(pair, node);
            compare_lookups(pair, node);
        }
        pair->result->nodes++;
        node = fdt_next(&pair->fdt, node, &depth);
        theirs = lib.fdt_next_node(pair->blob, theirs, &their_depth);
    }
    if (pair->result->why[0] == '\0' && theirs >= 0 && their_depth >= 0) {
        differ(pair, "libfdt goes on with node %d", theirs);
    }
    compare_compatible(pair, "simple-bus");
    compare_reservations(pair);
    compare_aliases(pair);
}

/* What libfdt does not have: called for the sanitizers' sake, with an index and without. */
static void exercise_node(struct pair *pair, const struct fdt *indexed, int node)
{
    uint64_t a[2] = {0};
    uint64_t b[2] = {0};
    struct fdt_irq irq[2] = {0};
    struct fdt_args args;

    for (uint32_t i = 0; i < 3; i++) {
        int status = fdt_reg(&pair->fdt, node, i, &a[0], &a[1]);

        if (status != fdt_reg(indexed, node, i, &b[0], &b[1]) ||
            (status == 0 && memcmp(a, b, sizeof(a)) != 0)) {
            differ(pair, "reg %u of node %d: the index changes it", i, node);
        }
        (void)fdt_reg_raw(&pair->fdt, node, i, &a[0], &a[1]);
        (void)fdt_reg_port(&pair->fdt, node, i, &a[0], &a[1]);
        status = fdt_interrupt(&pair->fdt, node, i, &irq[0]);
        if (status != fdt_interrupt(indexed, node, i, &irq[1]) ||
            (status == 0 && (irq[0].controller != irq[1].controller ||
                             irq[0].count != irq[1].count || irq[0].count > FDT_IRQ_CELLS))) {
            differ(pair, "interrupt %u of node %d: the index changes it", i, node);
        }
        (void)fdt_phandle_args(indexed, node, "clocks", "#clock-cells", i, &args);
        (void)fdt_phandle_args(indexed, node, "interrupts", NULL, i, &args);
    }
    (void)fdt_translate(&pair->fdt, node, 0x02000000, 0x1000, &a[0]);
    (void)fdt_reg_count(&pair->fdt, node);
    (void)fdt_interrupt_count(indexed, node);
    (void)fdt_available(&pair->fdt, node);
    if (fdt_parent(&pair->fdt, node) != fdt_parent(indexed, node) ||
        fdt_by_phandle(&pair->fdt, fdt_phandle(indexed, node)) !=
            fdt_by_phandle(indexed, fdt_phandle(indexed, node))) {
        differ(pair, "node %d: the index changes a lookup", node);
    }
}

/* Whether two trees hold the same, read side by side. */
static bool same_trees(const struct fdt *a, const struct fdt *b)
{
    int depths[2] = {0};
    int na = fdt_root(a);
    int nb = fdt_root(b);

    while (na >= 0 && nb >= 0) {
        struct fdt_prop pa;
        struct fdt_prop pb;
        int more = fdt_prop_first(b, nb, &pb);

        if (strcmp(fdt_name(a, na), fdt_name(b, nb)) != 0 || depths[0] != depths[1]) {
            return false;
        }
        fdt_for_each_prop (a, &pa, na) {
            if (more != 0 || strcmp(pa.name, pb.name) != 0 || pa.len != pb.len ||
                memcmp(pa.value, pb.value, pa.len) != 0) {
                return false;
            }
            more = fdt_prop_next(b, &pb);
        }
        if (more == 0) {
            return false;
        }
        na = fdt_next(a, na, &depths[0]);
        nb = fdt_next(b, nb, &depths[1]);
    }
    return na == nb;
}

/* A copy by the writer must read as the tree does, and fail cleanly where it has no room. */
static void copy_tree(struct pair *pair)
{
    static const struct fdt_edit keep_all;
    /* The blocks of a hostile tree may overlap: the sum of them can exceed its size. */
    size_t size = (size_t)pair->fdt.struct_size + pair->fdt.strings_size +
                  16 * ((size_t)pair->fdt.rsv_count + 1) + 64;
    struct fdt_build build;
    struct fdt copy;
    uint32_t used = 0;
    uint8_t *buf = malloc(size);

    fdt_build_begin(&build, buf, size);
    fdt_build_copy(&build, &pair->fdt, &keep_all, NULL);
    if (fdt_build_finish(&build, &used) != 0 || fdt_check(buf, used, &copy) != 0 ||
        !same_trees(&pair->fdt, &copy) || copy.rsv_count != pair->fdt.rsv_count) {
        differ(pair, "the writer's copy is another tree");
    }
    free(buf);
    size = used / 2;
    buf = malloc(size);
    fdt_build_begin(&build, buf, size);
    fdt_build_copy(&build, &pair->fdt, &keep_all, NULL);
    if (used != 0 && fdt_build_finish(&build, &used) != -ENOSPC) {
        differ(pair, "the writer fits a tree into half of its bytes");
    }
    free(buf);
}

static void exercise_offsets(struct pair *pair)
{
    struct fdt_prop prop;
    int path[FDT_DEPTH_MAX];

    for (int off = -2; off < 200; off += 3) {
        (void)fdt_next(&pair->fdt, off, NULL);
        (void)fdt_first_child(&pair->fdt, off);
        (void)fdt_next_sibling(&pair->fdt, off);
        (void)fdt_prop_first(&pair->fdt, off, &prop);
        (void)fdt_path_to(&pair->fdt, off, path);
    }
    (void)fdt_next(&pair->fdt, 0x7ffffffc, NULL);
    (void)fdt_next(&pair->fdt, (int)pair->fdt.struct_size, NULL);
}

static void exercise(struct pair *pair)
{
    struct fdt indexed = pair->fdt;
    struct fdt_index_entry *entries = calloc(indexed.node_count, sizeof(*entries));
    struct fdt_region ram = {0};
    struct fdt_region reserved = {0};
    const char *options;
    uint64_t a[2];
    uint32_t len;
    int scanned = 0;

    if (fdt_index(&indexed, entries, indexed.node_count) != 0) {
        differ(pair, "no index of a tree that is sound");
    }
    for (int node = fdt_root(&indexed); node >= 0 && scanned < SCANNED_MAX; scanned++) {
        exercise_node(pair, &indexed, node);
        node = fdt_next(&indexed, node, NULL);
    }
    while (fdt_memory_next(&pair->fdt, &ram) == 0) {
        if (ram.size == 0) {
            differ(pair, "memory of no bytes");
        }
    }
    while (fdt_reserved_next(&pair->fdt, &reserved) == 0) {
    }
    (void)fdt_stdout(&pair->fdt, &options);
    (void)fdt_bootargs(&pair->fdt);
    (void)fdt_initrd(&pair->fdt, &a[0], &a[1]);
    (void)fdt_kaslr_seed(&pair->fdt, &a[0]);
    (void)fdt_rng_seed(&pair->fdt, &len);
    exercise_offsets(pair);
    copy_tree(pair);
    free(entries);
}

bool fdt_compare(const void *blob, size_t size, struct fdt_compare *result)
{
    /* The first copy is aligned, as libfdt wants it, the second is not. */
    uint8_t *copy = malloc(size);
    uint8_t *odd = malloc(size + 1);
    struct pair pair = {.blob = copy, .result = result};
    struct fdt other;
    int status;

    *result = (struct fdt_compare){0};
    memcpy(copy, blob, size);
    memcpy(odd + 1, blob, size);
    status = fdt_check(odd + 1, size, &other);
    if (status != fdt_check(copy, size, &pair.fdt)) {
        differ(&pair, "the alignment changes the check");
    }
    result->ours = status == 0;
    result->theirs = lib.handle != NULL && size >= 40 && lib.fdt_check_full(copy, size) == 0;
    if (result->ours) {
        if (!same_trees(&pair.fdt, &other)) {
            differ(&pair, "the alignment changes the tree");
        }
        exercise(&pair);
        /* libfdt takes offset 0 for the root even where it is not. */
        if (result->theirs && pair.fdt.root == 0) {
            compare_tree(&pair);
        }
    }
    free(odd);
    free(copy);
    return result->why[0] == '\0';
}
