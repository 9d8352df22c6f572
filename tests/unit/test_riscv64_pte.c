/* SPDX-License-Identifier: MIT */
/* Sv39 and Sv48 entries, bit by bit as the Privileged Architecture draws them. */
#include "../../bsp/riscv64/include/arch/layout.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../../bsp/riscv64/include/arch/pte.h"

struct arch_layout arch_layout = {.levels = 3};

static uint64_t pbmt_mask;

uint64_t arch_pte_pbmt_mask(void)
{
    return pbmt_mask;
}

static void tables_are_pointers(void **state)
{
    assert_int_equal(arch_pte_table(0x80201000), 0x80201000ull >> 2 | 1);
    assert_true(arch_pte_present(arch_pte_table(0x80201000)));
    assert_false(arch_pte_is_leaf(arch_pte_table(0x80201000), 1));
    assert_int_equal(arch_pte_addr(arch_pte_table(0x80201000)), 0x80201000);
}

static void rights_are_the_right_bits(void **state)
{
    assert_int_equal(arch_pte_leaf(0, 0, VM_READ), 0xc3);
    assert_int_equal(arch_pte_leaf(0, 0, VM_READ | VM_WRITE), 0xc7);
    assert_int_equal(arch_pte_leaf(0, 0, VM_READ | VM_EXEC), 0xcb);
    assert_int_equal(arch_pte_leaf(0, 0, VM_EXEC), 0xc9);
    assert_int_equal(arch_pte_leaf(0, 0, VM_READ | VM_USER), 0xd3);
    assert_int_equal(arch_pte_leaf(0, 0, VM_READ | VM_GLOBAL), 0xe3);
}

static void writable_alone_is_reserved(void **state)
{
    assert_int_equal(arch_pte_leaf(0, 0, VM_WRITE), 0xc7);
}

static void addresses_of_56_bits(void **state)
{
    phys_addr_t top = 0x00fffffffffff000;

    assert_int_equal(arch_pte_leaf(top, 0, VM_READ), 0x003ffffffffffcc3);
    assert_int_equal(arch_pte_addr(arch_pte_leaf(top, 0, VM_READ)), top);
    pbmt_mask = 3;
    assert_int_equal(arch_pte_addr(arch_pte_leaf(top, 0, VM_READ | VM_DEVICE)), top);
    pbmt_mask = 0;
}

static void memory_types_need_svpbmt(void **state)
{
    assert_int_equal(arch_pte_leaf(0, 0, VM_READ | VM_DEVICE) >> 61, 0);
    assert_int_equal(arch_pte_leaf(0, 0, VM_READ | VM_UNCACHED) >> 61, 0);
    pbmt_mask = 3;
    assert_int_equal(arch_pte_leaf(0, 0, VM_READ) >> 61, 0);
    assert_int_equal(arch_pte_leaf(0, 0, VM_READ | VM_UNCACHED) >> 61, 1);
    assert_int_equal(arch_pte_leaf(0, 0, VM_READ | VM_WRITE_COMBINE) >> 61, 1);
    assert_int_equal(arch_pte_leaf(0, 0, VM_READ | VM_DEVICE) >> 61, 2);
    pbmt_mask = 0;
}

static void flags_come_back(void **state)
{
    static const uint32_t types[] = {VM_CACHED, VM_DEVICE, VM_UNCACHED, VM_WRITE_COMBINE};

    for (uint32_t rights = 1; rights < 32; rights++) {
        bool has_format = (rights & (VM_READ | VM_EXEC)) != 0 &&
                          ((rights & VM_WRITE) == 0 || (rights & VM_READ) != 0);

        for (size_t i = 0; has_format && i < 4; i++) {
            pte_t leaf = arch_pte_leaf(0x12345000, 0, rights | types[i]);

            assert_int_equal(arch_pte_flags(leaf, 0), rights | types[i]);
            assert_true(arch_pte_is_leaf(leaf, 0));
        }
    }
}

static void leaves_rise_evenly(void **state)
{
    pte_t first = arch_pte_leaf(0x80000000, 1, VM_KERNEL_RW);
    pte_t second = arch_pte_leaf(0x80200000, 1, VM_KERNEL_RW);
    pte_t third = arch_pte_leaf(0x80400000, 1, VM_KERNEL_RW);

    assert_int_equal(second - first, third - second);
}

static void nothing_is_not_present(void **state)
{
    assert_false(arch_pte_present(0));
    assert_int_equal(arch_pt_levels(), 3);
    assert_int_equal(arch_pt_max_leaf(), 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tables_are_pointers),        cmocka_unit_test(rights_are_the_right_bits),
        cmocka_unit_test(writable_alone_is_reserved), cmocka_unit_test(addresses_of_56_bits),
        cmocka_unit_test(memory_types_need_svpbmt),   cmocka_unit_test(flags_come_back),
        cmocka_unit_test(leaves_rise_evenly),         cmocka_unit_test(nothing_is_not_present),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
