/* SPDX-License-Identifier: MIT */
/* Reads the memory nodes from the tree: numa-node-id of memory and CPUs, and the distance matrix
 * (binding numa-distance-map-v1). */
#define LOG_TAG "numa"
#include <keel/boot_info.h>
#include <keel/driver.h>
#include <keel/errno.h>
#include <keel/log.h>
#include <keel/numa.h>

#define CELLS_PER_DISTANCE 3u /* from, to, distance */

static void read_memory(void)
{
    struct fdt_region bank = {0};
    uint32_t node;

    while (fdt_memory_next(&system_fdt, &bank) == 0) {
        if (fdt_prop_u32(&system_fdt, bank.node, "numa-node-id", &node) == 0 &&
            numa_add_memory(bank.base, bank.size, node) != 0) {
            log_warn("RAM at %#llx: node %u is not among the %u there can be, taken for node 0",
                     (unsigned long long)bank.base, node, NUMA_NODES_MAX);
        }
    }
}

/* The boot CPU is index 0; others are told when they start. */
static void read_boot_cpu(void)
{
    int cpus = fdt_find(&system_fdt, "/cpus");
    uint64_t hw_id, no_size;
    uint32_t node;
    int cpu;

    fdt_for_each_child (&system_fdt, cpu, cpus) {
        if (fdt_reg_raw(&system_fdt, cpu, 0, &hw_id, &no_size) == 0 &&
            hw_id == boot_info.cpu.hw_id &&
            fdt_prop_u32(&system_fdt, cpu, "numa-node-id", &node) == 0 &&
            numa_set_cpu(0, node) != 0) {
            log_warn("the boot CPU's node %u is not among the %u there can be", node,
                     NUMA_NODES_MAX);
        }
    }
}

/* The matrix, wherever in the root's children it is; NULL when there is none. */
static const uint8_t *find_matrix(uint32_t *cells)
{
    const uint8_t *matrix = NULL;
    uint32_t bytes = 0;
    int node;

    fdt_for_each_child (&system_fdt, node, fdt_root(&system_fdt)) {
        matrix = fdt_prop(&system_fdt, node, "distance-matrix", &bytes);
        if (matrix != NULL) {
            break;
        }
    }
    *cells = bytes / sizeof(uint32_t);
    return matrix;
}

static int read_matrix(const uint8_t *matrix, uint32_t cells)
{
    int err = cells == 0 || cells % CELLS_PER_DISTANCE != 0 ? -EPROTO : 0;

    for (uint32_t i = 0; i + CELLS_PER_DISTANCE <= cells && err == 0; i += CELLS_PER_DISTANCE) {
        const uint8_t *entry = matrix + i * sizeof(uint32_t);

        err = numa_set_distance(fdt_cell(entry), fdt_cell(entry + 4), fdt_cell(entry + 8));
    }
    return err;
}

void numa_init(void)
{
    uint32_t cells;
    const uint8_t *matrix = find_matrix(&cells);

    read_memory();
    read_boot_cpu();
    if (matrix != NULL && read_matrix(matrix, cells) != 0) {
        numa_clear_distances();
        log_warn("the distance matrix is broken: all nodes are taken to be equally far");
    } else if (matrix == NULL && numa_nodes() > 1) {
        log_warn("%u nodes, and no distances between them", numa_nodes());
    }
    numa_settle();
}
