/* SPDX-License-Identifier: MIT */
/* Memory nodes (P3): which memory is near which CPU, from the device tree's numa-node-id and
 * numa-distance-map-v1 (on machines without a tree, ACPI was written into it). */
#ifndef KEEL_NUMA_H
#define KEEL_NUMA_H

#include <keel/types.h>

#define NUMA_NODES_MAX      16u
#define NUMA_DISTANCE_LOCAL 10u /* as in ACPI SLIT and the binding */
#define NUMA_DISTANCE_FAR   20u /* where the firmware says nothing */

/* Where pages come from. */
enum numa_policy {
    NUMA_LOCAL,      /* own node, then the nearest that has some */
    NUMA_BIND,       /* the given node only */
    NUMA_INTERLEAVE, /* nodes in turn */
};

/* Reads nodes and distances from the tree; a missing or broken matrix gives the defaults and a
 * warning. Called by "physical memory" before pmm_init(). */
void numa_init(void);

/*
 * What numa_init() tells: memory of a node, the node of a CPU (by cpu_index()), the distance from a to
 * b; numa_settle() ends it. Nodes from NUMA_NODES_MAX on and distances that no matrix may hold
 * (below 10, 10 between two nodes, above 255) are refused by -EINVAL; -ENOSPC: too many ranges.
 */
int numa_add_memory(phys_addr_t base, uint64_t size, unsigned node);
int numa_set_cpu(unsigned cpu, unsigned node);
int numa_set_distance(unsigned a, unsigned b, unsigned distance);
void numa_clear_distances(void); /* back to the defaults */
void numa_settle(void);

/* The first address behind pa where the node may be another. */
phys_addr_t numa_boundary(phys_addr_t pa);

/* Nodes are 0 to numa_nodes() - 1; at least 1. */
unsigned numa_nodes(void);

/* Distance from a to b; NUMA_DISTANCE_FAR for nodes that do not exist. */
unsigned numa_distance(unsigned a, unsigned b);

/* The nearest other node that has memory, or `node` itself when it is the only one. */
unsigned numa_closest(unsigned node);

/* The rank-th nearest node to `node`, itself first (fallback order). */
unsigned numa_by_distance(unsigned node, unsigned rank);

/* The node of a physical address; 0 where nothing is said. */
unsigned numa_node_of(phys_addr_t pa);

/* The node of the CPU this runs on. */
unsigned numa_node_here(void);

/* The policy of this CPU's allocations (of its thread, once there are some), and the node for
 * NUMA_BIND. -EINVAL for a node that does not exist. */
int numa_set_policy(enum numa_policy policy, unsigned node);

#endif
