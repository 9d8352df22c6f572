/* SPDX-License-Identifier: MIT */
/* Which counter a hart's CPU time is told from. */
#include "../../bsp/riscv64/cpu/cputime.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static void test_traps_are_noticed(void **state)
{
    (void)state;
    assert_false(cputime_time_traps(1, 1));
    assert_false(cputime_time_traps(0, 0));
    assert_false(cputime_time_traps(80, 40)); /* an emulator's: both cost the same */
    assert_true(cputime_time_traps(500, 7));  /* firmware emulates `time` */
    assert_true(cputime_time_traps(UINT64_MAX, 1000));
}

static void test_rate_by_a_known_clock(void **state)
{
    (void)state;
    assert_int_equal(cputime_rate(1500000, 4000, 4000000), 1500000000);
    assert_int_equal(cputime_rate(100, 0, 4000000), 0);
    assert_int_equal(cputime_rate(UINT64_MAX, 1, 4000000), 0);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_traps_are_noticed),
        cmocka_unit_test(test_rate_by_a_known_clock),
    };

    return cmocka_run_group_tests_name("riscv64 cputime", tests, NULL, NULL);
}
