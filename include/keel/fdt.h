/* SPDX-License-Identifier: MIT */
/* Reader of flattened device trees (Devicetree Specification v0.4, called DTS below, chapter 5).
 *
 * The tree is checked once by fdt_check(); everything after that takes the struct fdt it filled.
 * Nodes are offsets (int, bytes into the structure block). Where a node is wanted, a negative
 * errno may be passed: it is handed back, so that calls nest. An offset that is no node gives
 * -EINVAL. Nothing here allocates, writes to the tree, recurses, or needs anything but memset,
 * and where cells are not aligned they are read bytewise: it all works at any alignment, with the
 * MMU
 * off, before the kernel has relocated itself. Pointers handed out point into the tree and live as
 * long. */
#ifndef KEEL_FDT_H
#define KEEL_FDT_H

#include <keel/types.h>

#define FDT_MAGIC        0xd00dfeedu
#define FDT_DEPTH_MAX    32 /* levels of nodes below each other; deeper trees are refused */
#define FDT_IRQ_CELLS    8  /* cells of an interrupt specifier that we carry */
#define FDT_ARGS_MAX     8  /* cells behind a phandle that we carry */
#define FDT_PHANDLE_NONE 0u

/* One node in the optional index: see fdt_index(). */
struct fdt_index_entry {
    uint32_t node;    /* its offset */
    uint32_t parent;  /* its parent's entry; the root is its own */
    uint32_t phandle; /* FDT_PHANDLE_NONE when it has none */
};

/* A checked tree. All offsets are bytes from `blob`. */
struct fdt {
    const uint8_t *blob;
    uint32_t size; /* totalsize of the header */
    uint32_t version;
    uint32_t boot_cpu;    /* boot_cpuid_phys of the header */
    uint32_t struct_off;  /* structure block */
    uint32_t struct_size; /* up to and with its FDT_END */
    uint32_t strings_off;
    uint32_t strings_size; /* up to and with the last NUL */
    uint32_t rsv_off;      /* memory reservation block */
    uint32_t rsv_count;    /* entries without the final one */
    uint32_t root;         /* offset of the root node */
    uint32_t node_count;
    bool aligned;                        /* cells of the structure block lie on 4 bytes */
    const struct fdt_index_entry *index; /* NULL until fdt_index() */
};

/* A property: `name` is NUL-terminated, `value` holds `len` bytes of any content. */
struct fdt_prop {
    const char *name;
    const uint8_t *value;
    uint32_t len;
    int offset; /* where it stands in the structure block; for fdt_prop_next() alone */
};

/* A list entry "phandle and its cells" (DTS 2.2.4, Generic names; as `clocks`). */
struct fdt_args {
    int node;       /* what the phandle points to */
    uint32_t count; /* cells */
    uint32_t cells[FDT_ARGS_MAX];
};

/* An interrupt as its controller knows it, after all nexus nodes. */
struct fdt_irq {
    int controller; /* node */
    uint32_t count; /* #interrupt-cells of the controller */
    uint32_t cells[FDT_IRQ_CELLS];
};

/* Where fdt_memory_next() and fdt_reserved_next() stand; starts as all zero. */
struct fdt_region {
    phys_addr_t base;
    uint64_t size;  /* bytes, never 0; base + size may wrap */
    int node;       /* whose `reg` it is */
    uint32_t index; /* which pair of that `reg` */
    bool no_map;    /* /reserved-memory: must not even be mapped */
    bool reusable;  /* /reserved-memory: the system may use it until its owner comes */
    bool started;   /* private */
};

/* Checks the tree at `blob`, of which `max_size` bytes may be touched, and fills `out`.
 * Linear in the size of the structure block; trailing padding is not read.
 * -EINVAL: no tree there (NULL, or wrong magic); -ENOTSUP: version that is not 16 or 17 or a later
 * one compatible with 17; -E2BIG: longer than max_size; -ERANGE: a block leaves the tree;
 * -EPROTO: malformed; -ENAMETOOLONG: nested deeper than FDT_DEPTH_MAX. */
int fdt_check(const void *blob, size_t max_size, struct fdt *out);

/* The reason behind a status of fdt_check() in words. */
const char *fdt_check_text(int status);

/* totalsize of the tree at `blob`, of which at least 8 bytes can be read; 0 without magic. */
uint32_t fdt_blob_size(const void *blob);

/* Builds an index of all nodes into `entries` (room for `count`), which makes going from node to
 * node
 * and finding phandles cheap, and attaches it to `fdt`. -ENOSPC when fdt->node_count is larger: the
 * tree then still works, without. The caller keeps the memory. */
int fdt_index(struct fdt *fdt, struct fdt_index_entry *entries, size_t count);

/* --- Nodes. All give -ENOENT at the end or when there is none. --- */

/* The root node. */
int fdt_root(const struct fdt *fdt);
/* First node below `node`, and the node after `node` below the same parent. */
int fdt_first_child(const struct fdt *fdt, int node);
int fdt_next_sibling(const struct fdt *fdt, int node);
/* The node after `node` in tree order. `depth`, when not NULL, is raised or lowered by the levels
 * between both. */
int fdt_next(const struct fdt *fdt, int node, int *depth);
/* The node above; -ENOENT for the root. Linear without an index. */
int fdt_parent(const struct fdt *fdt, int node);
/* The nodes from the root (path[0]) down to `node` into `path`; gives their number. */
int fdt_path_to(const struct fdt *fdt, int node, int path[FDT_DEPTH_MAX]);

#define fdt_for_each_child(fdt, child, node) \
    for ((child) = fdt_first_child(fdt, node); (child) >= 0; (child) = fdt_next_sibling(fdt, child))

/* Name with unit address ("" for the root), NUL-terminated; NULL when `node` is none. */
const char *fdt_name(const struct fdt *fdt, int node);
/* Whether the name without unit address is `name`. */
bool fdt_name_is(const struct fdt *fdt, int node, const char *name);
/* Writes the full path, NUL-terminated, into `buf` of `size` bytes; its length, or -ENOSPC. */
int fdt_path(const struct fdt *fdt, int node, char *buf, size_t size);

/* The child called `name` (`len` bytes). Without '@' in it any unit address matches (first
 * wins). */
int fdt_child(const struct fdt *fdt, int node, const char *name, size_t len);
/* The node at `path` of `len` bytes: absolute, or an alias (DTS 3.3) that may be followed by
 * '/' and more. Parts may leave out their unit address. */
int fdt_find_n(const struct fdt *fdt, const char *path, size_t len);
int fdt_find(const struct fdt *fdt, const char *path);
/* The node with that phandle (DTS 2.3.3); -EINVAL for 0 and 0xffffffff, which nobody may have. */
int fdt_by_phandle(const struct fdt *fdt, uint32_t phandle);
/* The node's phandle, or FDT_PHANDLE_NONE. */
uint32_t fdt_phandle(const struct fdt *fdt, int node);
/* The next node after `after` in tree order (-1: from the root on) that is compatible. */
int fdt_next_compatible(const struct fdt *fdt, int after, const char *compatible);
/* Whether the `compatible` list holds the string (DTS 2.3.1). */
bool fdt_is_compatible(const struct fdt *fdt, int node, const char *compatible);
/* Whether `status` is absent, "okay" or "ok" (DTS 2.3.4). Looks at this node alone. */
bool fdt_available(const struct fdt *fdt, int node);

/* --- Properties --- */

/* First property of a node, and the one after `prop`, into `prop`; -ENOENT at the end. */
int fdt_prop_first(const struct fdt *fdt, int node, struct fdt_prop *prop);
int fdt_prop_next(const struct fdt *fdt, struct fdt_prop *prop);

#define fdt_for_each_prop(fdt, prop, node)                                \
    for (int fdt_more_ = fdt_prop_first(fdt, node, prop); fdt_more_ == 0; \
         fdt_more_ = fdt_prop_next(fdt, prop))

/* The value of a property, or NULL; its length in bytes into *len (may be NULL). */
const uint8_t *fdt_prop(const struct fdt *fdt, int node, const char *name, uint32_t *len);
/* Whether the property is there. */
bool fdt_prop_present(const struct fdt *fdt, int node, const char *name);
/* Cell `index` of a property. -ENOENT: no such property; -ERANGE: it is shorter. */
int fdt_prop_cell(const struct fdt *fdt, int node, const char *name, uint32_t index,
                  uint32_t *value);
/* A property of exactly one cell, of exactly two, and of one or two. -ENOENT, -EPROTO (length). */
int fdt_prop_u32(const struct fdt *fdt, int node, const char *name, uint32_t *value);
int fdt_prop_u64(const struct fdt *fdt, int node, const char *name, uint64_t *value);
int fdt_prop_number(const struct fdt *fdt, int node, const char *name, uint64_t *value);
/* String `index` of a string list; NULL when there are fewer, or it has no NUL. */
const char *fdt_prop_string(const struct fdt *fdt, int node, const char *name, uint32_t index);
/* Number of strings. -ENOENT; -EPROTO when the last one has no NUL. */
int fdt_prop_string_count(const struct fdt *fdt, int node, const char *name);
/* Index of `string` in the list. -ENOENT: no such property or string; -EPROTO as above. */
int fdt_prop_string_find(const struct fdt *fdt, int node, const char *name, const char *string);

/* --- Addresses --- */

/* Cells of an address and of a size in the `reg` of the children of `node`; absent: 2 and 1 (DTS
 * 2.3.5; not inherited). -EPROTO when malformed or above 4. */
int fdt_address_cells(const struct fdt *fdt, int node);
int fdt_size_cells(const struct fdt *fdt, int node);
/* Number of pairs in `reg`. -ENOENT, -EPROTO. */
int fdt_reg_count(const struct fdt *fdt, int node);
/* Pair `index` of `reg` as the CPU sees it, through every `ranges` up to the root (DTS 2.3.6,
 * 2.3.8). Of three-cell addresses (PCI) the first cell is kept apart as the space. An address in
 * I/O space of a PCI or ISA bus is translated if the bus has a window for it.
 * -ENOENT: fewer pairs; -EPROTO: malformed; -ENXIO: a bus above does not pass the address on;
 * -EOVERFLOW: beyond 64 bits. */
int fdt_reg(const struct fdt *fdt, int node, uint32_t index, phys_addr_t *base, uint64_t *size);
/* Pair `index` of `reg` as written, low 64 bits of the address; size 0 with #size-cells 0. */
int fdt_reg_raw(const struct fdt *fdt, int node, uint32_t index, uint64_t *base, uint64_t *size);
/* Pair `index` of `reg` if it is a port of the CPU's I/O space: on an `isa` bus (node name), a
 * first address cell of 1. -ENXIO when it is memory. */
int fdt_reg_port(const struct fdt *fdt, int node, uint32_t index, uint64_t *port, uint64_t *size);
/* Pair of `reg` that `reg-names` calls `name`, translated. */
int fdt_reg_by_name(const struct fdt *fdt, int node, const char *name, phys_addr_t *base,
                    uint64_t *size);
/* Translates an address on the bus `bus` (as its children write it; `space` is the first cell of
 * three-cell addresses, else 0) to the CPU's view. Errors as fdt_reg(). */
int fdt_translate(const struct fdt *fdt, int bus, uint32_t space, uint64_t address,
                  phys_addr_t *out);

/* --- Memory --- */

/* Entry `index` of the memory reservation block (DTS 5.3). -ENOENT behind the last. */
int fdt_memreserve(const struct fdt *fdt, uint32_t index, phys_addr_t *base, uint64_t *size);
/* The next range of RAM: `reg` of every available node with device_type "memory" (DTS 3.4).
 * -ENOENT at the end; pairs that are empty or above 64 bits are left out, ranges that wrap are not:
 * the memory map refuses them by name. */
int fdt_memory_next(const struct fdt *fdt, struct fdt_region *region);
/* The next range of an available node below /reserved-memory (DTS 3.5), dynamic ones left out. */
int fdt_reserved_next(const struct fdt *fdt, struct fdt_region *region);

/* --- Interrupts and other references --- */

/* Interrupt `index` of a node (DTS 2.4): `interrupts-extended`, or else `interrupts` with the
 * inherited `interrupt-parent`, followed through every `interrupt-map`. -ENOENT: fewer, or an
 * empty entry; -EPROTO: malformed; -ENXIO: a map has no row for it; -ELOOP: maps in a circle. */
int fdt_interrupt(const struct fdt *fdt, int node, uint32_t index, struct fdt_irq *irq);
/* Number of interrupts. -ENOENT: no interrupt property; -EPROTO. */
int fdt_interrupt_count(const struct fdt *fdt, int node);
/* Maps an interrupt of a device that has no node, as a PCI function: `unit` of `unit_cells` and
 * `cells` of `count` cells as `nexus` numbers them. Errors as fdt_interrupt(). */
int fdt_interrupt_map(const struct fdt *fdt, int nexus, const uint32_t *unit, uint32_t unit_cells,
                      const uint32_t *cells, uint32_t count, struct fdt_irq *irq);
/* The node that `interrupts` of `node` speak to: controller or nexus. */
int fdt_interrupt_parent(const struct fdt *fdt, int node);
/* Entry `index` of the list `name`, of phandles each followed by as many cells as the property
 * `cells_name` of the target says (NULL: none). -ENOENT: fewer, or an empty entry (phandle 0);
 * -EPROTO: malformed. */
int fdt_phandle_args(const struct fdt *fdt, int node, const char *name, const char *cells_name,
                     uint32_t index, struct fdt_args *args);
/* The same one after another, for lists that may be long: the entry at *at, 0 for the first, which then
 * is that of the next. The node of an empty entry is -ENOENT. -ENOENT: that was the last; -EPROTO. */
int fdt_phandle_next(const struct fdt *fdt, int node, const char *name, const char *cells_name,
                     uint32_t *at, struct fdt_args *args);

/* --- /aliases and /chosen (DTS 3.3, 3.6) --- */

/* The path behind an alias of `len` bytes; NULL when there is none or it is not absolute. */
const char *fdt_alias(const struct fdt *fdt, const char *alias, size_t len);
/* The console's node. *options gets what follows ':' (as "115200n8"), or "". */
int fdt_stdout(const struct fdt *fdt, const char **options);
/* Splits "path:options" and finds the node, as fdt_stdout() does with its property. */
int fdt_find_console(const struct fdt *fdt, const char *text, const char **options);
/* The command line, or NULL. */
const char *fdt_bootargs(const struct fdt *fdt);
/* The initial ramdisk. -ENOENT: none; -EPROTO: it ends before it starts. */
int fdt_initrd(const struct fdt *fdt, phys_addr_t *base, uint64_t *size);
/* 64 random bits from the loader. -ENOENT. */
int fdt_kaslr_seed(const struct fdt *fdt, uint64_t *seed);
/* Random bytes from the loader, *len of them; NULL when there are none. */
const uint8_t *fdt_rng_seed(const struct fdt *fdt, uint32_t *len);

/* --- Cells --- */

/* A big-endian cell, and two of them, at any alignment. */
static inline uint32_t fdt_cell(const uint8_t *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static inline uint64_t fdt_cell64(const uint8_t *p)
{
    return (uint64_t)fdt_cell(p) << 32 | fdt_cell(p + 4);
}

#endif
