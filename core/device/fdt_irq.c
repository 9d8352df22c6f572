/* SPDX-License-Identifier: MIT */
/* Device-tree reader: lists of phandles with arguments, and the way of an interrupt through
 * nexus nodes to its controller (DTS 2.4). */
#include "fdt_internal.h"

/* An interrupt on its way: as the node it has arrived at, controller or nexus, numbers it. */
struct specifier {
    int node;
    uint32_t unit_cells;
    uint32_t unit[FDT_CELLS_MAX];
    uint32_t count;
    uint32_t cells[FDT_IRQ_CELLS];
};

/* One row of an interrupt-map, behind the part that is compared. */
struct map_target {
    uint32_t phandle;
    int node;
    uint32_t unit_cells;
    uint32_t count;
};

static void copy_cells(uint32_t *to, const uint8_t *from, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        to[i] = fdt_cell(from + (size_t)i * FDT_CELL);
    }
}

static int interrupt_cells(const struct fdt *fdt, int node)
{
    int count = fdt_cell_count(fdt, node, "#interrupt-cells", FDT_IRQ_CELLS);

    return count == -ENOENT ? -EPROTO : count;
}

/* Reads the entry at `at` of a phandle list; gives its length in cells. The node of an empty entry
 * is -ENOENT. */
static int read_args(const struct fdt *fdt, const uint8_t *list, uint32_t cells, uint32_t at,
                     const char *cells_name, struct fdt_args *args)
{
    uint32_t phandle = fdt_cell(list + (size_t)at * FDT_CELL);
    int count = 0;

    args->count = 0;
    args->node = -ENOENT;
    if (phandle == FDT_PHANDLE_NONE) {
        return 1;
    }
    args->node = fdt_by_phandle(fdt, phandle);
    if (args->node < 0) {
        return -EPROTO;
    }
    if (cells_name != NULL) {
        count = fdt_cell_count(fdt, args->node, cells_name, FDT_ARGS_MAX);
    }
    if (count < 0 || (uint32_t)count > cells - at - 1) {
        return -EPROTO;
    }
    args->count = (uint32_t)count;
    copy_cells(args->cells, list + ((size_t)at + 1) * FDT_CELL, args->count);
    return count + 1;
}

int fdt_phandle_next(const struct fdt *fdt, int node, const char *name, const char *cells_name,
                     uint32_t *at, struct fdt_args *args)
{
    uint32_t len;
    const uint8_t *list = fdt_prop(fdt, node, name, &len);
    int step;

    if (list == NULL || *at >= len / FDT_CELL) {
        return -ENOENT;
    }
    step = read_args(fdt, list, len / FDT_CELL, *at, cells_name, args);
    if (step < 0) {
        return step;
    }
    *at += (uint32_t)step;
    return 0;
}

int fdt_phandle_args(const struct fdt *fdt, int node, const char *name, const char *cells_name,
                     uint32_t index, struct fdt_args *args)
{
    uint32_t at = 0;
    int err;

    do {
        err = fdt_phandle_next(fdt, node, name, cells_name, &at, args);
    } while (err == 0 && index-- != 0);
    return err == 0 && args->node < 0 ? args->node : err;
}

/* Number of entries of a phandle list. */
static int count_args(const struct fdt *fdt, const uint8_t *list, uint32_t len,
                      const char *cells_name)
{
    struct fdt_args args;
    int count = 0;
    int step = 0;

    for (uint32_t at = 0; at < len / FDT_CELL; at += (uint32_t)step) {
        step = read_args(fdt, list, len / FDT_CELL, at, cells_name, &args);
        if (step < 0) {
            return step;
        }
        count++;
    }
    return count;
}

int fdt_interrupt_parent(const struct fdt *fdt, int node)
{
    for (int i = 0; i < FDT_DEPTH_MAX && node >= 0; i++) {
        uint32_t phandle;

        if (fdt_prop_u32(fdt, node, "interrupt-parent", &phandle) == 0) {
            node = fdt_by_phandle(fdt, phandle);
        } else {
            node = fdt_parent(fdt, node);
        }
        if (node >= 0 && fdt_prop_present(fdt, node, "#interrupt-cells")) {
            return node;
        }
    }
    return node < 0 ? node : -ELOOP;
}

int fdt_interrupt_count(const struct fdt *fdt, int node)
{
    uint32_t len;
    const uint8_t *list = fdt_prop(fdt, node, "interrupts-extended", &len);
    int cells;

    if (list != NULL) {
        return count_args(fdt, list, len, "#interrupt-cells");
    }
    if (fdt_prop(fdt, node, "interrupts", &len) == NULL) {
        return -ENOENT;
    }
    cells = interrupt_cells(fdt, fdt_interrupt_parent(fdt, node));
    if (cells <= 0 || len % ((uint32_t)cells * FDT_CELL) != 0) {
        return -EPROTO;
    }
    return (int)(len / ((uint32_t)cells * FDT_CELL));
}

/* Entry `index` of `interrupts` as the interrupt parent numbers it. */
static int read_interrupts(const struct fdt *fdt, int node, uint32_t index, struct specifier *spec)
{
    uint32_t len;
    const uint8_t *list = fdt_prop(fdt, node, "interrupts", &len);
    int cells;

    if (list == NULL) {
        return -ENOENT;
    }
    spec->node = fdt_interrupt_parent(fdt, node);
    cells = interrupt_cells(fdt, spec->node);
    if (cells <= 0) {
        return -EPROTO;
    }
    spec->count = (uint32_t)cells;
    if (index >= len / FDT_CELL / spec->count) {
        return -ENOENT;
    }
    copy_cells(spec->cells, list + (size_t)index * spec->count * FDT_CELL, spec->count);
    return 0;
}

/* Sets the unit address of `node`: the first cells of its `reg`, as many as the nexus compares. */
static int read_unit(const struct fdt *fdt, int node, struct specifier *spec)
{
    uint32_t len;
    const uint8_t *reg = fdt_prop(fdt, node, "reg", &len);
    int cells = fdt_address_cells(fdt, spec->node);

    if (cells < 0) {
        return cells;
    }
    spec->unit_cells = (uint32_t)cells;
    for (uint32_t i = 0; i < spec->unit_cells; i++) {
        spec->unit[i] = i < len / FDT_CELL ? fdt_cell(reg + (size_t)i * FDT_CELL) : 0;
    }
    return 0;
}

/* Whether `count` cells of a row and of what is looked for are equal under the mask (NULL: all). */
static bool cells_match(const uint8_t *row, const uint8_t *mask, const uint32_t *wanted,
                        uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        uint32_t bits = mask == NULL ? UINT32_MAX : fdt_cell(mask + (size_t)i * FDT_CELL);

        if (((fdt_cell(row + (size_t)i * FDT_CELL) ^ wanted[i]) & bits) != 0) {
            return false;
        }
    }
    return true;
}

/* Finds the node of a row; a run of rows with the same phandle looks it up once. */
static int map_target_find(const struct fdt *fdt, uint32_t phandle, struct map_target *target)
{
    int unit_cells;
    int count;

    if (target->phandle == phandle) {
        return 0;
    }
    target->node = fdt_by_phandle(fdt, phandle);
    count = interrupt_cells(fdt, target->node);
    unit_cells = fdt_cell_count(fdt, target->node, "#address-cells", FDT_CELLS_MAX);
    if (unit_cells == -ENOENT) {
        unit_cells = 0;
    }
    if (target->node < 0 || count < 0 || unit_cells < 0) {
        return -EPROTO;
    }
    target->phandle = phandle;
    target->count = (uint32_t)count;
    target->unit_cells = (uint32_t)unit_cells;
    return 0;
}

/* The optional interrupt-map-mask of `cells` cells into *mask. */
static int map_mask(const struct fdt *fdt, int nexus, uint32_t cells, const uint8_t **mask)
{
    uint32_t len;

    *mask = fdt_prop(fdt, nexus, "interrupt-map-mask", &len);
    return *mask != NULL && len != cells * FDT_CELL ? -EPROTO : 0;
}

/* Moves `spec` from the nexus it is at through a row of the map (DTS 2.4.3). */
static int map_once(const struct fdt *fdt, struct specifier *spec, const uint8_t *map, uint32_t len)
{
    uint32_t cells = len / FDT_CELL;
    uint32_t key = spec->unit_cells + spec->count;
    const uint8_t *mask;
    struct map_target target = {.phandle = FDT_PHANDLE_NONE};

    if (map_mask(fdt, spec->node, key, &mask) != 0) {
        return -EPROTO;
    }
    while (cells > key) {
        const uint8_t *unit = map + ((size_t)key + 1) * FDT_CELL;
        uint32_t row;

        if (fdt_cell(unit - FDT_CELL) == FDT_PHANDLE_NONE ||
            map_target_find(fdt, fdt_cell(unit - FDT_CELL), &target) != 0) {
            return -EPROTO;
        }
        row = key + 1 + target.unit_cells + target.count;
        if (row > cells) {
            return -EPROTO;
        }
        if (cells_match(map, mask, spec->unit, spec->unit_cells) &&
            cells_match(map + (size_t)spec->unit_cells * FDT_CELL,
                        mask == NULL ? NULL : mask + (size_t)spec->unit_cells * FDT_CELL,
                        spec->cells, spec->count)) {
            spec->node = target.node;
            spec->unit_cells = target.unit_cells;
            spec->count = target.count;
            copy_cells(spec->unit, unit, target.unit_cells);
            copy_cells(spec->cells, unit + (size_t)target.unit_cells * FDT_CELL, target.count);
            return 0;
        }
        map += (size_t)row * FDT_CELL;
        cells -= row;
    }
    return -ENXIO;
}

/* Follows `spec` through every map to a node without one. */
static int resolve(const struct fdt *fdt, struct specifier *spec, struct fdt_irq *irq)
{
    for (int i = 0; i < FDT_DEPTH_MAX; i++) {
        uint32_t len;
        const uint8_t *map = fdt_prop(fdt, spec->node, "interrupt-map", &len);
        int status;

        if (map == NULL) {
            irq->controller = spec->node;
            irq->count = spec->count;
            for (uint32_t k = 0; k < spec->count; k++) {
                irq->cells[k] = spec->cells[k];
            }
            return 0;
        }
        status = map_once(fdt, spec, map, len);
        if (status != 0) {
            return status;
        }
    }
    return -ELOOP;
}

int fdt_interrupt(const struct fdt *fdt, int node, uint32_t index, struct fdt_irq *irq)
{
    struct specifier spec;
    int status;

    if (fdt_prop_present(fdt, node, "interrupts-extended")) {
        struct fdt_args args;

        status =
            fdt_phandle_args(fdt, node, "interrupts-extended", "#interrupt-cells", index, &args);
        if (status == 0) {
            spec.node = args.node;
            spec.count = args.count;
            for (uint32_t i = 0; i < args.count; i++) {
                spec.cells[i] = args.cells[i];
            }
        }
    } else {
        status = read_interrupts(fdt, node, index, &spec);
    }
    if (status == 0) {
        status = read_unit(fdt, node, &spec);
    }
    return status == 0 ? resolve(fdt, &spec, irq) : status;
}

int fdt_interrupt_map(const struct fdt *fdt, int nexus, const uint32_t *unit, uint32_t unit_cells,
                      const uint32_t *cells, uint32_t count, struct fdt_irq *irq)
{
    struct specifier spec = {.node = nexus, .unit_cells = unit_cells, .count = count};

    if (nexus < 0) {
        return nexus;
    }
    if (fdt_address_cells(fdt, nexus) != (int)unit_cells ||
        interrupt_cells(fdt, nexus) != (int)count) {
        return -EINVAL;
    }
    for (uint32_t i = 0; i < unit_cells; i++) {
        spec.unit[i] = unit[i];
    }
    for (uint32_t i = 0; i < count; i++) {
        spec.cells[i] = cells[i];
    }
    return resolve(fdt, &spec, irq);
}
