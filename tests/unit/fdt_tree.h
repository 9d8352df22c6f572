/* SPDX-License-Identifier: MIT */
/* Device trees written in C, for the tests of the reader and of what stands on it. */
#ifndef TESTS_UNIT_FDT_TREE_H
#define TESTS_UNIT_FDT_TREE_H

#include <keel/fdt_build.h>

#ifndef TREE_BYTES
#define TREE_BYTES 16384
#endif

/* The tree under construction, and as read by tree_end(). */
static struct fdt_build tree;
static uint64_t tree_bytes[TREE_BYTES / 8];
static uint32_t tree_size;
static struct fdt fdt;

#define CELLS(name, ...)                                          \
    fdt_build_cells(&tree, name, (const uint32_t[]){__VA_ARGS__}, \
                    sizeof((const uint32_t[]){__VA_ARGS__}) / sizeof(uint32_t))
#define TEXT(name, value) fdt_build_prop(&tree, name, value, sizeof(value))
#define FLAG(name)        fdt_build_prop(&tree, name, NULL, 0)
#define NODE(name)        fdt_build_node(&tree, name)
#define END()             fdt_build_node_end(&tree)

/* Starts with a root node of so many cells. */
static inline void tree_begin(uint32_t address_cells, uint32_t size_cells)
{
    fdt_build_begin(&tree, tree_bytes, sizeof(tree_bytes));
    NODE("");
    CELLS("#address-cells", address_cells);
    CELLS("#size-cells", size_cells);
}

/* Closes the root and reads the tree; 0 or a negative errno. */
static inline int tree_end(void)
{
    int status;

    END();
    status = fdt_build_finish(&tree, &tree_size);
    return status != 0 ? status : fdt_check(tree_bytes, sizeof(tree_bytes), &fdt);
}

#endif
