/* SPDX-License-Identifier: MIT */
/* Random numbers below a limit: in range, and each as likely as the others. */
#include <keel/prng.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void numbers_stay_below_their_limit(void **state)
{
    static const uint64_t limits[] = {1, 2, 3, 10, 1ull << 32, (1ull << 63) + 1, UINT64_MAX};

    (void)state;
    assert_int_equal(prng_below(0), 0);
    for (size_t i = 0; i < sizeof(limits) / sizeof(limits[0]); i++) {
        for (unsigned n = 0; n < 1000; n++) {
            assert_true(prng_below(limits[i]) < limits[i]);
        }
    }
}

/* Deviations of five sigma: none in a million runs, and the generator is the same in each. */
static void expect_even(const unsigned *seen, unsigned count, unsigned each, unsigned slack)
{
    for (unsigned i = 0; i < count; i++) {
        assert_in_range(seen[i], each - slack, each + slack);
    }
}

static void small_limits_are_even(void **state)
{
    unsigned seen[10] = {0};

    (void)state;
    for (unsigned n = 0; n < 100000; n++) {
        seen[prng_below(10)]++;
    }
    expect_even(seen, 10, 10000, 500);
}

/* With the product alone, a third of the results would come twice as often as the others. */
static void large_limits_are_even(void **state)
{
    const uint64_t limit = 3ull << 62;
    unsigned seen[3] = {0};

    (void)state;
    for (unsigned n = 0; n < 90000; n++) {
        uint64_t number = prng_below(limit);

        seen[number % 3]++;
    }
    expect_even(seen, 3, 30000, 750);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_stay_below_their_limit),
        cmocka_unit_test(small_limits_are_even),
        cmocka_unit_test(large_limits_are_even),
    };
    prng_seed(20240101);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
