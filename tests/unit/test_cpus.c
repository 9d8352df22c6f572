/* SPDX-License-Identifier: MIT */
/* Which CPUs trees have, and which of them may run the kernel: emulators' trees, boards' with a hart that
 * has no MMU, vendors' that say nothing, and broken ones. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include <keel/boot_info.h>
#include <keel/driver.h>
#include <keel/errno.h>

#include "fake_log.h"
#include "fdt_tree.h"

#undef LOG_TAG
#include "../../core/smp/cpus.c"

struct boot_info boot_info;
struct fdt system_fdt;
static unsigned numa_of[CPUS_MAX];

int numa_set_cpu(unsigned cpu, unsigned node)
{
    if (node >= NUMA_NODES_MAX) {
        return -EINVAL;
    }
    numa_of[cpu] = node;
    return 0;
}

void numa_settle(void)
{
}

static int setup(void **state)
{
    fake_log_reset(state);
    boot_info.cpu.hw_id = 0;
    cpus_wanted = CPUS_MAX;
    cpu_online_mask = 1;
    memset(numa_of, 0, sizeof(numa_of));
    return 0;
}

static void begin(void)
{
    tree_begin(2, 2);
    NODE("cpus");
    CELLS("#address-cells", 1);
    CELLS("#size-cells", 0);
}

static void finish(void)
{
    NODE("cpu-map");
    END();
    END();
    assert_int_equal(tree_end(), 0);
    system_fdt = fdt;
    cpus_find();
}

/* A CPU; NULL leaves its property out. */
static void cpu(uint32_t id, const char *mmu_type, const char *status)
{
    char name[32];

    snprintf(name, sizeof(name), "cpu@%x", id);
    NODE(name);
    TEXT("device_type", "cpu");
    CELLS("reg", id);
    if (mmu_type) {
        fdt_build_string(&tree, "mmu-type", mmu_type);
    }
    if (status) {
        fdt_build_string(&tree, "status", status);
    }
    END();
}

static void expect(unsigned index, uint64_t hw_id, enum cpu_state state)
{
    assert_non_null(cpu_info(index));
    assert_int_equal(cpu_info(index)->index, index);
    assert_int_equal(cpu_info(index)->hw_id, hw_id);
    assert_int_equal(cpu_info(index)->state, state);
    assert_int_equal(cpu_by_hw_id(hw_id), index);
    assert_true((state == CPU_REFUSED) == (cpu_info(index)->refused != NULL));
}

static void the_boot_cpu_is_the_first(void **state)
{
    (void)state;
    boot_info.cpu.hw_id = 2;
    begin();
    for (uint32_t id = 0; id < 4; id++) {
        cpu(id, NULL, NULL);
    }
    finish();
    assert_int_equal(cpu_count(), 4);
    expect(0, 2, CPU_ONLINE);
    expect(1, 0, CPU_PRESENT);
    expect(2, 1, CPU_PRESENT);
    expect(3, 3, CPU_PRESENT);
    assert_null(cpu_info(4));
    assert_int_equal(cpu_by_hw_id(7), -ENOENT);
    assert_int_equal(fake_warnings, 0);
}

/* VisionFive 2 as Linux describes it: the S7 is disabled and has no mmu-type. */
static void a_disabled_hart_comes_last(void **state)
{
    (void)state;
    boot_info.cpu.hw_id = 1;
    begin();
    cpu(0, NULL, "disabled");
    for (uint32_t id = 1; id < 5; id++) {
        cpu(id, "riscv,sv39", NULL);
    }
    finish();
    assert_int_equal(cpu_count(), 5);
    expect(0, 1, CPU_ONLINE);
    expect(1, 2, CPU_PRESENT);
    expect(3, 4, CPU_PRESENT);
    expect(4, 0, CPU_REFUSED);
    assert_string_equal(cpu_info(4)->refused, "disabled");
}

/* As its vendor does: the S7 is okay, but for the missing mmu-type. */
static void a_hart_without_mmu_type_among_others_has_none(void **state)
{
    (void)state;
    boot_info.cpu.hw_id = 3;
    begin();
    cpu(0, NULL, "okay");
    for (uint32_t id = 1; id < 5; id++) {
        cpu(id, "riscv,sv39", "okay");
    }
    finish();
    expect(0, 3, CPU_ONLINE);
    expect(1, 1, CPU_PRESENT);
    expect(4, 0, CPU_REFUSED);
    assert_string_equal(cpu_info(4)->refused, "no MMU");
}

static void an_mmu_of_none_is_none(void **state)
{
    (void)state;
    begin();
    cpu(0, "riscv,sv48", NULL);
    cpu(1, "riscv,none", NULL);
    cpu(2, "riscv,sv48", NULL);
    finish();
    expect(1, 2, CPU_PRESENT);
    expect(2, 1, CPU_REFUSED);
}

/* When nobody says what his MMU is, all have one; and the boot CPU runs whatever is said of it. */
static void silence_is_no_refusal(void **state)
{
    (void)state;
    begin();
    cpu(0, NULL, "disabled");
    cpu(1, NULL, "ok");
    cpu(2, NULL, "fail");
    finish();
    expect(0, 0, CPU_ONLINE);
    expect(1, 1, CPU_PRESENT);
    expect(2, 2, CPU_REFUSED);
}

static void the_same_id_twice_is_one_cpu(void **state)
{
    (void)state;
    begin();
    cpu(0, NULL, NULL);
    cpu(1, NULL, NULL);
    NODE("cpu@100");
    TEXT("device_type", "cpu");
    CELLS("reg", 1);
    END();
    NODE("cpu@200");
    TEXT("device_type", "cpu");
    CELLS("reg", 0);
    END();
    finish();
    assert_int_equal(cpu_count(), 2);
    assert_int_equal(fake_warnings, 2);
    assert_non_null(strstr(fake_text, "0x1 belongs to two CPUs"));
}

/* A node with an id for each of its threads of execution is as many CPUs. */
static void threads_of_a_core_are_cpus(void **state)
{
    (void)state;
    boot_info.cpu.hw_id = 5;
    begin();
    NODE("cpu@4");
    TEXT("device_type", "cpu");
    CELLS("reg", 4, 5, 6);
    END();
    finish();
    assert_int_equal(cpu_count(), 3);
    expect(0, 5, CPU_ONLINE);
    expect(1, 4, CPU_PRESENT);
    expect(2, 6, CPU_PRESENT);
    assert_int_equal(fake_warnings, 0);
}

static void more_than_fit_are_left_out(void **state)
{
    (void)state;
    begin();
    cpu(100, NULL, "disabled");
    for (uint32_t id = 0; id < CPUS_MAX + 3; id++) {
        cpu(id, NULL, NULL);
    }
    finish();
    assert_int_equal(cpu_count(), CPUS_MAX);
    for (unsigned i = 0; i < CPUS_MAX; i++) {
        expect(i, i, i == 0 ? CPU_ONLINE : CPU_PRESENT);
    }
    assert_non_null(strstr(fake_text, "4 CPUs are left out"));
}

static void the_parameter_limits_those_that_run(void **state)
{
    (void)state;
    cpus_wanted = 2;
    begin();
    cpu(0, NULL, NULL);
    cpu(1, NULL, "disabled");
    cpu(2, NULL, NULL);
    cpu(3, NULL, NULL);
    finish();
    expect(1, 2, CPU_PRESENT);
    expect(2, 3, CPU_REFUSED);
    expect(3, 1, CPU_REFUSED);
    assert_string_equal(cpu_info(2)->refused, "more than cpus= asks for");
    assert_string_equal(cpu_info(3)->refused, "disabled");
}

static void a_boot_cpu_that_is_unknown_runs(void **state)
{
    (void)state;
    boot_info.cpu.hw_id = 9;
    begin();
    cpu(0, NULL, NULL);
    finish();
    assert_int_equal(cpu_count(), 2);
    expect(0, 9, CPU_ONLINE);
    assert_int_equal(cpu_info(0)->tree_node, -ENOENT);
    expect(1, 0, CPU_PRESENT);
    assert_int_equal(fake_warnings, 1);
    tree_begin(2, 2);
    assert_int_equal(tree_end(), 0);
    system_fdt = fdt;
    cpus_find();
    assert_int_equal(cpu_count(), 1);
    expect(0, 9, CPU_ONLINE);
}

/* Other nodes below /cpus, and CPUs whose id cannot be read, are none. */
static void what_is_no_cpu_is_none(void **state)
{
    (void)state;
    begin();
    cpu(0, NULL, NULL);
    NODE("l2-cache@1");
    TEXT("device_type", "cache");
    CELLS("reg", 1);
    END();
    NODE("cpu@2");
    END();
    NODE("cpu@3"); /* by its name, as trees of the flat format's later versions have it */
    CELLS("reg", 3);
    END();
    finish();
    assert_int_equal(cpu_count(), 2);
    expect(1, 3, CPU_PRESENT);
}

static void memory_nodes_are_taken_over(void **state)
{
    (void)state;
    begin();
    for (uint32_t id = 0; id < 3; id++) {
        NODE(id == 0 ? "cpu@0" : id == 1 ? "cpu@1" : "cpu@2");
        TEXT("device_type", "cpu");
        CELLS("reg", id);
        CELLS("numa-node-id", id == 2 ? 99 : id + 3);
        END();
    }
    finish();
    assert_int_equal(cpu_info(0)->numa_node, 3);
    assert_int_equal(cpu_info(1)->numa_node, 4);
    assert_int_equal(cpu_info(2)->numa_node, 0);
    assert_int_equal(numa_of[1], 4);
    assert_int_equal(fake_warnings, 1);
}

static void ids_of_64_bits_are_whole(void **state)
{
    (void)state;
    boot_info.cpu.hw_id = 0x100000000;
    tree_begin(2, 2);
    NODE("cpus");
    CELLS("#address-cells", 2);
    CELLS("#size-cells", 0);
    NODE("cpu@0");
    TEXT("device_type", "cpu");
    CELLS("reg", 0, 0);
    END();
    NODE("cpu@100000000");
    TEXT("device_type", "cpu");
    CELLS("reg", 1, 0);
    END();
    finish();
    assert_int_equal(cpu_count(), 2);
    expect(0, 0x100000000, CPU_ONLINE);
    expect(1, 0, CPU_PRESENT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(the_boot_cpu_is_the_first, setup),
        cmocka_unit_test_setup(a_disabled_hart_comes_last, setup),
        cmocka_unit_test_setup(a_hart_without_mmu_type_among_others_has_none, setup),
        cmocka_unit_test_setup(an_mmu_of_none_is_none, setup),
        cmocka_unit_test_setup(silence_is_no_refusal, setup),
        cmocka_unit_test_setup(the_same_id_twice_is_one_cpu, setup),
        cmocka_unit_test_setup(threads_of_a_core_are_cpus, setup),
        cmocka_unit_test_setup(more_than_fit_are_left_out, setup),
        cmocka_unit_test_setup(the_parameter_limits_those_that_run, setup),
        cmocka_unit_test_setup(a_boot_cpu_that_is_unknown_runs, setup),
        cmocka_unit_test_setup(what_is_no_cpu_is_none, setup),
        cmocka_unit_test_setup(memory_nodes_are_taken_over, setup),
        cmocka_unit_test_setup(ids_of_64_bits_are_whole, setup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
