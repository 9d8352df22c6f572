/* SPDX-License-Identifier: MIT */
/* Memory nodes: read from trees, ordered by distance, and what the page allocator makes of them. */
#include "pmm_machine.h"

#include "fdt_tree.h"

#include <keel/boot_info.h>
#include <keel/driver.h>

#undef LOG_TAG
#include "../../core/device/numa_tree.c"

struct boot_info boot_info;
struct fdt system_fdt;

static int setup(void **state)
{
    (void)state;
    machine_reset();
    return 0;
}

/* Three nodes of 32 MiB: 0 and 2 are near each other, 1 is far from both. */
static void three_nodes(void)
{
    static const unsigned distances[3][3] = {{10, 40, 15}, {40, 10, 30}, {15, 30, 10}};

    for (unsigned node = 0; node < 3; node++) {
        machine_node(4 * GIB + node * 32 * MIB, 32 * MIB, node);
        for (unsigned to = 0; to < 3; to++) {
            assert_int_equal(numa_set_distance(node, to, distances[node][to]), 0);
        }
    }
    numa_set_cpu(1, 1);
    machine_start();
}

static unsigned node_of_next(uint32_t flags)
{
    phys_addr_t pa = pmm_alloc_page(flags);

    return pa == 0 ? NUMA_NODES_MAX : numa_node_of(pa);
}

static void nodes_are_ordered_by_distance(void **state)
{
    (void)state;
    three_nodes();
    assert_int_equal(numa_nodes(), 3);
    assert_int_equal(numa_closest(0), 2);
    assert_int_equal(numa_closest(1), 2);
    assert_int_equal(numa_by_distance(1, 0), 1);
    assert_int_equal(numa_by_distance(1, 2), 0);
    assert_int_equal(numa_distance(0, 1), 40);
    assert_int_equal(numa_distance(0, 9), NUMA_DISTANCE_FAR);
    assert_int_equal(pmm_arena_count, 3);
}

/* Only when nothing else is left, what records were to come from is handed out too. */
static void local_first_then_by_distance(void **state)
{
    static const unsigned order[] = {0, 2, 1, 0};
    unsigned counts[ARRAY_SIZE(order)] = {0};
    unsigned at = 0, node;

    (void)state;
    three_nodes();
    while ((node = node_of_next(0)) != NUMA_NODES_MAX) {
        while (node != order[at]) {
            at++;
            assert_true(at < ARRAY_SIZE(order));
        }
        counts[at]++;
    }
    for (unsigned i = 0; i < 3; i++) {
        assert_true(counts[i] > 7000);
    }
    assert_true(counts[3] < CHUNK_FRAMES);
}

/* A page that becomes free nearby is preferred again, as soon as the CPU looks for more. */
static void nearer_memory_is_taken_again(void **state)
{
    phys_addr_t first = 0, pa;
    unsigned tries = 0;

    (void)state;
    three_nodes();
    for (pa = pmm_alloc_page(0); numa_node_of(pa) == 0; pa = pmm_alloc_page(0)) {
        first = pa;
    }
    pmm_free_page(first);
    while (node_of_next(0) != 0) {
        assert_true(++tries <= WORD_FRAMES);
    }
}

static void binding_gives_one_node_or_nothing(void **state)
{
    unsigned count = 0;

    (void)state;
    three_nodes();
    assert_int_equal(numa_set_policy(NUMA_BIND, 1), 0);
    while (node_of_next(0) == 1) {
        count++;
    }
    assert_int_equal(node_of_next(0), NUMA_NODES_MAX);
    assert_int_equal(pmm_alloc_contiguous(3, 0, 12), 0);
    assert_true(count > 7000);
    assert_int_equal(node_of_next(PMM_LOCAL), 0);
    assert_int_equal(numa_set_policy(NUMA_LOCAL, 0), 0);
    assert_int_equal(node_of_next(0), 0);
    fake_cpu = 1;
    assert_int_equal(node_of_next(PMM_LOCAL), NUMA_NODES_MAX);
    assert_int_equal(node_of_next(0), 2);
}

static void policies_change_at_once(void **state)
{
    (void)state;
    three_nodes();
    assert_int_equal(node_of_next(0), 0);
    for (unsigned node = 0; node < 3; node++) {
        numa_set_policy(NUMA_BIND, node);
        assert_int_equal(node_of_next(0), node);
        assert_int_equal(numa_node_of(pmm_alloc_contiguous(4, 0, 12)), node);
    }
    assert_int_equal(numa_set_policy(NUMA_BIND, 3), -EINVAL);
    assert_int_equal(numa_set_policy((enum numa_policy)9, 0), -EINVAL);
    machine_check();
}

static void interleaving_takes_nodes_in_turn(void **state)
{
    unsigned counts[3] = {0};

    (void)state;
    three_nodes();
    numa_set_policy(NUMA_INTERLEAVE, 0);
    for (unsigned i = 0; i < 3000; i++) {
        counts[node_of_next(0)]++;
    }
    for (unsigned node = 0; node < 3; node++) {
        assert_int_equal(counts[node], 1000);
    }
}

static void node_counts_add_up(void **state)
{
    uint64_t total, free;

    (void)state;
    three_nodes();
    for (unsigned i = 0; i < 100; i++) {
        node_of_next(PMM_LOCAL);
    }
    assert_true(pmm_node_stats(0, &total, &free));
    assert_int_equal(total - free, 100 + 2 * RECORD_FRAMES);
    assert_true(pmm_node_stats(2, &total, &free));
    assert_int_equal(total, free);
    assert_false(pmm_node_stats(3, &total, &free));
}

/* --- Trees --- */

static void put_memory(const char *name, uint64_t base, uint32_t node)
{
    NODE(name);
    TEXT("device_type", "memory");
    CELLS("reg", (uint32_t)(base >> 32), (uint32_t)base, 0, 32 * MIB);
    CELLS("numa-node-id", node);
    END();
}

static void put_cpu(const char *name, uint32_t reg, uint32_t node)
{
    NODE(name);
    TEXT("device_type", "cpu");
    CELLS("reg", reg);
    CELLS("numa-node-id", node);
    END();
}

/* Two nodes, the boot CPU (hardware id 7) on node 1, and a matrix of `cells` cells. */
static void read_tree(const uint32_t *cells, uint32_t count, uint32_t second_node)
{
    tree_begin(2, 2);
    put_memory("memory@100000000", 4 * GIB, 0);
    put_memory("memory@102000000", 4 * GIB + 32 * MIB, second_node);
    NODE("cpus");
    CELLS("#address-cells", 1);
    CELLS("#size-cells", 0);
    put_cpu("cpu@3", 3, 0);
    put_cpu("cpu@7", 7, 1);
    END();
    if (count > 0) {
        NODE("distance-map");
        fdt_build_cells(&tree, "distance-matrix", cells, count);
        END();
    }
    assert_int_equal(tree_end(), 0);
    system_fdt = fdt;
    boot_info.cpu.hw_id = 7;
    numa_init();
}

static void a_tree_gives_nodes_and_distances(void **state)
{
    static const uint32_t cells[] = {0, 0, 10, 0, 1, 33, 1, 1, 10};

    (void)state;
    read_tree(cells, ARRAY_SIZE(cells), 1);
    assert_int_equal(numa_nodes(), 2);
    assert_int_equal(numa_node_of(4 * GIB), 0);
    assert_int_equal(numa_node_of(4 * GIB + 32 * MIB), 1);
    assert_int_equal(numa_node_of(0), 0);
    assert_int_equal(numa_node_here(), 1);
    assert_int_equal(numa_distance(0, 1), 33);
    assert_int_equal(numa_distance(1, 0), 33); /* told in one direction alone */
    assert_int_equal(fake_warnings, 0);
}

static void a_missing_matrix_is_said(void **state)
{
    (void)state;
    read_tree(NULL, 0, 1);
    assert_int_equal(numa_distance(0, 1), NUMA_DISTANCE_FAR);
    assert_int_equal(numa_distance(1, 1), NUMA_DISTANCE_LOCAL);
    assert_int_equal(fake_warnings, 1);
}

static void broken_matrices_give_the_defaults(void **state)
{
    static const uint32_t bad[][9] = {
        {0, 0, 11, 0, 1, 33, 1, 1, 10},  /* not 10 to itself */
        {0, 0, 10, 0, 1, 9, 1, 1, 10},   /* nearer than near */
        {0, 0, 10, 0, 1, 10, 1, 1, 10},  /* two nodes in one place */
        {0, 0, 10, 0, 1, 300, 1, 1, 10}, /* beyond 255 */
        {0, 0, 10, 0, 99, 33, 1, 1, 10}, /* no such node */
    };

    for (unsigned i = 0; i < ARRAY_SIZE(bad); i++) {
        setup(state);
        read_tree(bad[i], 9, 1);
        assert_int_equal(fake_warnings, 1);
        assert_int_equal(numa_distance(0, 1), NUMA_DISTANCE_FAR);
    }
    setup(state);
    read_tree(bad[1], 8, 1); /* no whole number of entries */
    assert_int_equal(fake_warnings, 1);
}

static void nodes_out_of_range_count_as_the_first(void **state)
{
    (void)state;
    read_tree(NULL, 0, 400);
    assert_int_equal(numa_node_of(4 * GIB + 32 * MIB), 0);
    assert_non_null(strstr(fake_text, "400"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(nodes_are_ordered_by_distance, setup),
        cmocka_unit_test_setup(local_first_then_by_distance, setup),
        cmocka_unit_test_setup(nearer_memory_is_taken_again, setup),
        cmocka_unit_test_setup(binding_gives_one_node_or_nothing, setup),
        cmocka_unit_test_setup(policies_change_at_once, setup),
        cmocka_unit_test_setup(interleaving_takes_nodes_in_turn, setup),
        cmocka_unit_test_setup(node_counts_add_up, setup),
        cmocka_unit_test_setup(a_tree_gives_nodes_and_distances, setup),
        cmocka_unit_test_setup(a_missing_matrix_is_said, setup),
        cmocka_unit_test_setup(broken_matrices_give_the_defaults, setup),
        cmocka_unit_test_setup(nodes_out_of_range_count_as_the_first, setup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
