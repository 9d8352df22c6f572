/* SPDX-License-Identifier: MIT */
/* What is known of memory nodes, and the order of nodes by distance. Filled once, by the boot CPU. */
#include <keel/errno.h>
#include <keel/memmap.h>
#include <keel/numa.h>
#include <keel/percpu.h>
#include <keel/string.h>

#define RANGES_MAX 128u

struct node_range {
    phys_addr_t base;
    uint64_t size;
    unsigned node;
};

static struct node_range ranges[RANGES_MAX];
static unsigned range_count;
static unsigned node_count = 1;
static uint8_t distances[NUMA_NODES_MAX][NUMA_NODES_MAX]; /* 0: not told */
static uint8_t order[NUMA_NODES_MAX][NUMA_NODES_MAX];     /* [node][rank] */
static uint8_t cpu_nodes[CPUS_MAX];

static bool note_node(unsigned node)
{
    if (node >= NUMA_NODES_MAX) {
        return false;
    }
    node_count = MAX(node_count, node + 1);
    return true;
}

int numa_add_memory(phys_addr_t base, uint64_t size, unsigned node)
{
    if (range_count == RANGES_MAX) {
        return -ENOSPC;
    }
    if (size == 0 || base + size < base || !note_node(node)) {
        return -EINVAL;
    }
    ranges[range_count++] = (struct node_range){base, size, node};
    return 0;
}

int numa_set_cpu(unsigned cpu, unsigned node)
{
    if (cpu >= CPUS_MAX || !note_node(node)) {
        return -EINVAL;
    }
    cpu_nodes[cpu] = (uint8_t)node;
    return 0;
}

int numa_set_distance(unsigned a, unsigned b, unsigned distance)
{
    if (a >= NUMA_NODES_MAX || b >= NUMA_NODES_MAX || distance > UINT8_MAX ||
        (a == b) != (distance == NUMA_DISTANCE_LOCAL) || distance < NUMA_DISTANCE_LOCAL) {
        return -EINVAL;
    }
    distances[a][b] = (uint8_t)distance;
    return 0;
}

void numa_clear_distances(void)
{
    memset(distances, 0, sizeof(distances));
}

unsigned numa_nodes(void)
{
    return node_count;
}

/* Told in one direction alone, a distance holds for both (binding numa-distance-map-v1). */
unsigned numa_distance(unsigned a, unsigned b)
{
    if (a >= node_count || b >= node_count) {
        return NUMA_DISTANCE_FAR;
    }
    if (a == b) {
        return NUMA_DISTANCE_LOCAL;
    }
    if (distances[a][b] != 0) {
        return distances[a][b];
    }
    return distances[b][a] != 0 ? distances[b][a] : NUMA_DISTANCE_FAR;
}

/* Sorts the nodes by their distance from one, by insertion; those as far as each other by number. */
static void sort_nodes(unsigned node)
{
    order[node][0] = (uint8_t)node;
    for (unsigned other = 0, count = 1; other < node_count; other++) {
        unsigned at = count;

        if (other == node) {
            continue;
        }
        while (at > 1 && numa_distance(node, order[node][at - 1]) > numa_distance(node, other)) {
            order[node][at] = order[node][at - 1];
            at--;
        }
        order[node][at] = (uint8_t)other;
        count++;
    }
}

void numa_settle(void)
{
    for (unsigned node = 0; node < node_count; node++) {
        sort_nodes(node);
    }
}

unsigned numa_by_distance(unsigned node, unsigned rank)
{
    return node < node_count && rank < node_count ? order[node][rank] : node;
}

static bool has_memory(unsigned node)
{
    for (unsigned i = 0; i < range_count; i++) {
        if (ranges[i].node == node) {
            return true;
        }
    }
    return false;
}

unsigned numa_closest(unsigned node)
{
    for (unsigned rank = 1; rank < node_count; rank++) {
        if (has_memory(numa_by_distance(node, rank))) {
            return numa_by_distance(node, rank);
        }
    }
    return node;
}

unsigned numa_node_of(phys_addr_t pa)
{
    for (unsigned i = 0; i < range_count; i++) {
        if (pa - ranges[i].base < ranges[i].size) {
            return ranges[i].node;
        }
    }
    return 0;
}

phys_addr_t numa_boundary(phys_addr_t pa)
{
    phys_addr_t next = UINT64_MAX;

    for (unsigned i = 0; i < range_count; i++) {
        phys_addr_t end = ranges[i].base + ranges[i].size;

        next = ranges[i].base > pa ? MIN(next, ranges[i].base) : next;
        next = end > pa ? MIN(next, end) : next;
    }
    return next;
}

unsigned numa_node_here(void)
{
    return cpu_nodes[cpu_index()];
}
