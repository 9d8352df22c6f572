/* SPDX-License-Identifier: MIT */
/* Device-tree reader: `reg`, its way through every `ranges`, and the lists of memory. */
#include "fdt_internal.h"

/* How a bus writes the addresses of its children. */
enum bus_kind {
    BUS_PLAIN, /* all cells are the address; of three, the first names the space */
    BUS_PCI,   /* phys.hi with the space in bits 24-25, then 64 bits (PCI Bus Binding 2.2.1.1) */
    BUS_ISA,   /* one cell of flags, bit 0 set for I/O, then 32 bits (ISA Binding 4.1.1) */
};

#define PCI_SPACE_MASK  0x03000000u
#define PCI_SPACE_MEM32 0x02000000u
#define PCI_SPACE_MEM64 0x03000000u
#define PCI_SPACE_CONF  0x00000000u
#define ISA_SPACE_IO    1u

struct bus_address {
    uint32_t space; /* first cell where the bus has one for it */
    uint64_t value;
};

/* The layout of `reg` and `ranges` below a bus. */
struct bus {
    enum bus_kind kind;
    uint32_t address_cells;
    uint32_t size_cells;
};

static int cells_or(const struct fdt *fdt, int node, const char *name, int absent)
{
    int count = fdt_cell_count(fdt, node, name, FDT_CELLS_MAX);

    return count == -ENOENT ? absent : count;
}

int fdt_address_cells(const struct fdt *fdt, int node)
{
    return cells_or(fdt, node, "#address-cells", 2);
}

int fdt_size_cells(const struct fdt *fdt, int node)
{
    return cells_or(fdt, node, "#size-cells", 1);
}

static int bus_read(const struct fdt *fdt, int node, struct bus *bus)
{
    int address_cells = fdt_address_cells(fdt, node);
    int size_cells = fdt_size_cells(fdt, node);

    if (address_cells < 0 || size_cells < 0) {
        return address_cells < 0 ? address_cells : size_cells;
    }
    bus->address_cells = (uint32_t)address_cells;
    bus->size_cells = (uint32_t)size_cells;
    bus->kind = BUS_PLAIN;
    if (address_cells == 3 && (fdt_prop_string_find(fdt, node, "device_type", "pci") == 0 ||
                               fdt_prop_string_find(fdt, node, "device_type", "pciex") == 0)) {
        bus->kind = BUS_PCI;
    } else if (address_cells == 2 && fdt_name_is(fdt, node, "isa")) {
        bus->kind = BUS_ISA;
    }
    return 0;
}

/* A number of `count` cells, of which all but the last two must be zero. */
static int read_number(const uint8_t *p, uint32_t count, uint64_t *value)
{
    uint64_t n = 0;

    for (uint32_t i = 0; i < count; i++) {
        if (n >> 32 != 0) {
            return -EOVERFLOW;
        }
        n = n << 32 | fdt_cell(p + (size_t)i * FDT_CELL);
    }
    *value = n;
    return 0;
}

/* An address as the children of `bus` write it. */
static int read_address(const struct bus *bus, const uint8_t *p, struct bus_address *address)
{
    bool has_space = bus->address_cells == 3 || bus->kind == BUS_ISA;

    address->space = has_space ? fdt_cell(p) : 0;
    if (!has_space) {
        return read_number(p, bus->address_cells, &address->value);
    }
    return read_number(p + FDT_CELL, bus->address_cells - 1, &address->value);
}

/* Whether an address of space `a` lies in a window of space `window`. */
static bool same_space(enum bus_kind kind, uint32_t a, uint32_t window)
{
    if (kind != BUS_PCI) {
        return a == window;
    }
    a &= PCI_SPACE_MASK;
    window &= PCI_SPACE_MASK;
    if (a == PCI_SPACE_MEM64) {
        a = PCI_SPACE_MEM32;
    }
    if (window == PCI_SPACE_MEM64) {
        window = PCI_SPACE_MEM32;
    }
    return a == window && a != PCI_SPACE_CONF;
}

/* Moves `address` through one row of `ranges`. 0; -ENXIO when the row does not hold it. */
static int cross_window(const struct bus *child, const struct bus *parent, const uint8_t *row,
                        struct bus_address *address)
{
    const uint8_t *up = row + (size_t)child->address_cells * FDT_CELL;
    const uint8_t *length = up + (size_t)parent->address_cells * FDT_CELL;
    struct bus_address start;
    struct bus_address target;
    uint64_t size;

    if (read_address(child, row, &start) != 0 ||
        read_number(length, child->size_cells, &size) != 0 ||
        !same_space(child->kind, address->space, start.space) || address->value < start.value ||
        address->value - start.value >= size) {
        return -ENXIO;
    }
    if (read_address(parent, up, &target) != 0 ||
        __builtin_add_overflow(target.value, address->value - start.value, &target.value)) {
        return -EOVERFLOW;
    }
    *address = target;
    return 0;
}

/* Moves `address` from below `node` to the bus `above`. */
static int cross_bus(const struct fdt *fdt, int node, int above, struct bus_address *address)
{
    struct bus child;
    struct bus parent;
    uint32_t len;
    uint32_t row;
    const uint8_t *ranges = fdt_prop(fdt, node, "ranges", &len);

    if (ranges == NULL) {
        return -ENXIO;
    }
    if (bus_read(fdt, node, &child) != 0 || bus_read(fdt, above, &parent) != 0) {
        return -EPROTO;
    }
    if (len == 0) {
        bool same = child.kind == parent.kind && child.address_cells == parent.address_cells;

        return same || address->space == 0 ? 0 : -ENXIO;
    }
    row = (child.address_cells + parent.address_cells + child.size_cells) * FDT_CELL;
    if (row == 0 || len % row != 0) {
        return -EPROTO;
    }
    for (uint32_t at = 0; at < len; at += row) {
        int status = cross_window(&child, &parent, ranges + at, address);

        if (status != -ENXIO) {
            return status;
        }
    }
    return -ENXIO;
}

/* Moves `address` from below path[last] up to the root, path[0]. */
static int climb(const struct fdt *fdt, const int *path, int last, struct bus_address *address)
{
    int status = 0;

    for (int i = last; i > 0 && status == 0; i--) {
        status = cross_bus(fdt, path[i], path[i - 1], address);
    }
    if (status == 0 && address->space != 0) {
        return -ENXIO;
    }
    return status;
}

/* Pair `index` of the `reg` of `node`, a child of the bus. */
static int read_reg(const struct fdt *fdt, int node, const struct bus *bus, uint32_t index,
                    struct bus_address *address, uint64_t *size)
{
    uint32_t pair = (bus->address_cells + bus->size_cells) * FDT_CELL;
    uint32_t len;
    const uint8_t *reg = fdt_prop(fdt, node, "reg", &len);

    if (reg == NULL) {
        return -ENOENT;
    }
    if (pair == 0 || len % pair != 0) {
        return -EPROTO;
    }
    if (index >= len / pair) {
        return -ENOENT;
    }
    reg += (size_t)index * pair;
    if (read_address(bus, reg, address) != 0 ||
        read_number(reg + (size_t)bus->address_cells * FDT_CELL, bus->size_cells, size) != 0) {
        return -EOVERFLOW;
    }
    return 0;
}

/* -EOVERFLOW when the range goes beyond 64 bits. */
static int check_range(uint64_t base, uint64_t size)
{
    return size > 0 && base > UINT64_MAX - (size - 1) ? -EOVERFLOW : 0;
}

/* Finds the bus above `node`, which gets path[0 .. *last]. */
static int bus_above(const struct fdt *fdt, int node, int path[FDT_DEPTH_MAX], int *last,
                     struct bus *bus)
{
    int count = fdt_path_to(fdt, node, path);

    if (count < 2) {
        return count < 0 ? count : -ENOENT;
    }
    *last = count - 2;
    return bus_read(fdt, path[*last], bus);
}

int fdt_reg_count(const struct fdt *fdt, int node)
{
    int path[FDT_DEPTH_MAX];
    int last;
    struct bus bus;
    int status = bus_above(fdt, node, path, &last, &bus);
    uint32_t pair;
    uint32_t len;

    if (status != 0) {
        return status;
    }
    if (fdt_prop(fdt, node, "reg", &len) == NULL) {
        return -ENOENT;
    }
    pair = (bus.address_cells + bus.size_cells) * FDT_CELL;
    return pair == 0 || len % pair != 0 ? -EPROTO : (int)(len / pair);
}

int fdt_reg(const struct fdt *fdt, int node, uint32_t index, phys_addr_t *base, uint64_t *size)
{
    int path[FDT_DEPTH_MAX];
    int last;
    struct bus bus;
    struct bus_address address;
    int status = bus_above(fdt, node, path, &last, &bus);

    if (status == 0) {
        status = read_reg(fdt, node, &bus, index, &address, size);
    }
    if (status == 0) {
        status = climb(fdt, path, last, &address);
    }
    if (status != 0) {
        return status;
    }
    *base = address.value;
    return check_range(*base, *size);
}

/* An entry of `reg` as it stands there, and the bus it is meant for. */
static int reg_below_bus(const struct fdt *fdt, int node, uint32_t index, struct bus *bus,
                         struct bus_address *address, uint64_t *size)
{
    int path[FDT_DEPTH_MAX];
    int last;
    int status = bus_above(fdt, node, path, &last, bus);

    return status == 0 ? read_reg(fdt, node, bus, index, address, size) : status;
}

int fdt_reg_raw(const struct fdt *fdt, int node, uint32_t index, uint64_t *base, uint64_t *size)
{
    struct bus bus;
    struct bus_address address;
    int status = reg_below_bus(fdt, node, index, &bus, &address, size);

    if (status != 0) {
        return status;
    }
    *base = address.value;
    return check_range(*base, *size);
}

int fdt_reg_port(const struct fdt *fdt, int node, uint32_t index, uint64_t *port, uint64_t *size)
{
    struct bus bus;
    struct bus_address address;
    int status = reg_below_bus(fdt, node, index, &bus, &address, size);

    if (status != 0) {
        return status;
    }
    if (bus.kind != BUS_ISA || address.space != ISA_SPACE_IO) {
        return -ENXIO;
    }
    *port = address.value;
    return check_range(*port, *size);
}

int fdt_reg_by_name(const struct fdt *fdt, int node, const char *name, phys_addr_t *base,
                    uint64_t *size)
{
    int index = fdt_prop_string_find(fdt, node, "reg-names", name);

    return index < 0 ? index : fdt_reg(fdt, node, (uint32_t)index, base, size);
}

int fdt_translate(const struct fdt *fdt, int bus, uint32_t space, uint64_t address,
                  phys_addr_t *out)
{
    int path[FDT_DEPTH_MAX];
    int count = fdt_path_to(fdt, bus, path);
    struct bus_address at = {.space = space, .value = address};
    int status = count < 0 ? count : climb(fdt, path, count - 1, &at);

    *out = at.value;
    return status;
}

int fdt_memreserve(const struct fdt *fdt, uint32_t index, phys_addr_t *base, uint64_t *size)
{
    const uint8_t *entry;

    if (index >= fdt->rsv_count) {
        return -ENOENT;
    }
    entry = fdt->blob + fdt->rsv_off + (size_t)index * FDT_RSV_ENTRY;
    *base = fdt_cell64(entry);
    *size = fdt_cell64(entry + 8);
    return 0;
}

/* The next whole pair of `reg` from region->index on; -ENOENT when the node has no more. */
static int region_in_node(const struct fdt *fdt, const struct bus *bus, struct fdt_region *region)
{
    struct bus_address address;
    int status;

    do {
        status = read_reg(fdt, region->node, bus, region->index++, &address, &region->size);
        if (status == 0 && region->size > 0) {
            region->base = address.value;
            region->index--;
            return 0;
        }
    } while (status == 0 || status == -EOVERFLOW);
    return -ENOENT;
}

static bool is_memory(const struct fdt *fdt, int node)
{
    return fdt_prop_string_find(fdt, node, "device_type", "memory") == 0;
}

/* The next pair of the available children of `parent` (RAM: that are memory), in `region`. */
static int region_next(const struct fdt *fdt, int parent, bool ram, struct fdt_region *region)
{
    struct bus bus;
    int status = parent < 0 ? parent : bus_read(fdt, parent, &bus);

    if (status != 0) {
        return status;
    }
    if (!region->started) {
        *region = (struct fdt_region){.node = fdt_first_child(fdt, parent), .started = true};
    } else {
        region->index++;
    }
    while (region->node >= 0) {
        if (fdt_available(fdt, region->node) && (!ram || is_memory(fdt, region->node)) &&
            region_in_node(fdt, &bus, region) == 0) {
            region->no_map = fdt_prop_present(fdt, region->node, "no-map");
            region->reusable = fdt_prop_present(fdt, region->node, "reusable");
            return 0;
        }
        region->node = fdt_next_sibling(fdt, region->node);
        region->index = 0;
    }
    return -ENOENT;
}

int fdt_memory_next(const struct fdt *fdt, struct fdt_region *region)
{
    return region_next(fdt, fdt_root(fdt), true, region);
}

int fdt_reserved_next(const struct fdt *fdt, struct fdt_region *region)
{
    int parent = fdt_child(fdt, fdt_root(fdt), "reserved-memory", sizeof("reserved-memory") - 1);

    return region_next(fdt, parent, false, region);
}
