/* SPDX-License-Identifier: MIT */
/* Bit arithmetic, byte order, overflow checks and ranges against plain definitions. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <keel/bits.h>
#include <keel/overflow.h>

/* The kernel's own helpers; the names beat those of the compiler's library. */
int __popcountdi2(uint64_t x);
int __ctzdi2(uint64_t x);
int __clzdi2(uint64_t x);
uint32_t __bswapsi2(uint32_t x);
uint64_t __bswapdi2(uint64_t x);

static uint64_t random64(void)
{
    uint64_t x = (uint64_t)rand() << 33 ^ (uint64_t)rand() << 11 ^ (uint64_t)rand();

    return x >> rand() % 64;
}

static void check_counts(uint64_t x)
{
    unsigned int ones = 0;
    unsigned int lowest = 64;
    unsigned int highest = 64;

    for (unsigned int i = 0; i < 64; i++) {
        if (x >> i & 1) {
            ones++;
            highest = i;
            lowest = lowest == 64 ? i : lowest;
        }
    }
    assert_int_equal(popcount64(x), ones);
    assert_int_equal(__popcountdi2(x), ones);
    assert_int_equal(ffs64(x), x ? lowest + 1 : 0);
    assert_int_equal(fls64(x), x ? highest + 1 : 0);
    if (x) {
        assert_int_equal(__ctzdi2(x), lowest);
        assert_int_equal(__clzdi2(x), 63 - highest);
        assert_int_equal(ilog2(x), highest);
        assert_int_equal(ilog2_ceil(x), highest + (ones > 1));
    }
    assert_int_equal(is_power_of_2(x), ones == 1);
}

static void test_counts(void **state)
{
    srand(1);
    check_counts(0);
    check_counts(UINT64_MAX);
    for (unsigned int i = 0; i < 64; i++) {
        check_counts(BIT(i));
        check_counts(BIT(i) - 1);
        check_counts(BIT(i) + 1);
        assert_true(round_up_power_of_2(BIT(i)) == BIT(i));
    }
    for (int i = 0; i < 10000; i++) {
        check_counts(random64());
    }
    assert_true(round_up_power_of_2(3) == 4);
    assert_true(round_up_power_of_2(4097) == 8192);
}

static void test_fields(void **state)
{
    assert_true(BITS(63, 0) == UINT64_MAX);
    assert_true(BITS(63, 63) == BIT(63));
    assert_true(BITS(7, 4) == 0xf0);
    assert_true(FIELD_GET(BITS(15, 8), UINT64_C(0x123456)) == 0x34);
    assert_true(FIELD_PUT(BITS(15, 8), UINT64_C(0x1ab)) == 0xab00);
    assert_true(FIELD_GET(BITS(63, 60), UINT64_MAX) == 15);
}

static void test_rotations(void **state)
{
    assert_true(rol32(0x80000001, 1) == 3);
    assert_true(ror32(3, 1) == 0x80000001);
    assert_true(rol32(0x12345678, 0) == 0x12345678);
    assert_true(rol32(0x12345678, 36) == 0x23456781);
    assert_true(rol64(1, 63) == BIT(63));
    assert_true(ror64(1, 1) == BIT(63));
    assert_true(rol64(UINT64_C(0x123456789abcdef0), 64) == UINT64_C(0x123456789abcdef0));
}

static void test_byte_order(void **state)
{
    const uint8_t bytes[] = {0, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77, 0x88};
    uint8_t out[9] = {0};
    uint64_t native;

    memcpy(&native, bytes + 1, 8);
    assert_true(le64_to_cpu((le64_t)native) == 0x8877665544332211);
    assert_true(be64_to_cpu((be64_t)native) == 0x1122334455667788);
    assert_true(be32_to_cpu((be32_t)0x44332211) == 0x11223344);
    assert_true(be16_to_cpu((be16_t)0x2211) == 0x1122);
    assert_true(load_le16(bytes + 1) == 0x2211 && load_be16(bytes + 1) == 0x1122);
    assert_true(load_le32(bytes + 1) == 0x44332211 && load_be32(bytes + 1) == 0x11223344);
    assert_true(load_le64(bytes + 1) == native && load_be64(bytes + 1) == 0x1122334455667788);
    store_be64(out + 1, 0x1122334455667788);
    assert_memory_equal(out, bytes, 9);
    memset(out, 0, 9);
    store_le64(out + 1, native);
    assert_memory_equal(out, bytes, 9);
    store_be32(out + 1, 0x01020304);
    store_be16(out + 5, 0x0506);
    assert_memory_equal(out, "\0\1\2\3\4\5\6\x77\x88", 9);
    for (int i = 0; i < 1000; i++) {
        uint64_t x = random64();

        assert_true(swap64(x) == __builtin_bswap64(x) && __bswapdi2(x) == swap64(x));
        assert_true(swap32((uint32_t)x) == __builtin_bswap32((uint32_t)x));
        assert_true(__bswapsi2((uint32_t)x) == swap32((uint32_t)x));
        assert_true((uint64_t)cpu_to_be64(x) == swap64(x));
    }
}

static void test_overflow(void **state)
{
    uint8_t small;
    uint64_t big;

    assert_false(add_overflow(200, 55, &small));
    assert_int_equal(small, 255);
    assert_true(add_overflow(200, 56, &small));
    assert_true(sub_overflow(1, 2, &small));
    assert_true(mul_overflow(UINT64_MAX, 2, &big));
    assert_true(align_up_fits(4097, 4096, &big) && big == 8192);
    assert_true(align_up_fits(0, 4096, &big) && big == 0);
    assert_false(align_up_fits(UINT64_MAX, 4096, &big));
}

/* Ranges in a space of 16 addresses, moved to its end as well, by looking at every address. */
static void test_ranges(void **state)
{
    uint64_t end;

    for (unsigned int i = 0; i < 1 << 14; i++) {
        uint64_t base = i >> 12 & 1 ? UINT64_MAX - 15 : 0;
        uint64_t a = i & 7, a_size = i >> 3 & 7, b = i >> 6 & 7, b_size = i >> 9 & 7;
        bool overlap = false;
        bool contained = b_size == 0 ? b >= a && b <= a + a_size : true;

        for (uint64_t x = 0; x < 16; x++) {
            bool in_a = x >= a && x < a + a_size;
            bool in_b = x >= b && x < b + b_size;

            overlap |= in_a && in_b;
            contained &= !in_b || in_a;
        }
        assert_int_equal(range_overlaps(base + a, a_size, base + b, b_size), overlap);
        assert_int_equal(range_contains(base + a, a_size, base + b, b_size), contained);
    }
    assert_true(range_end(1, UINT64_MAX - 1, &end) && end == UINT64_MAX);
    assert_false(range_end(1, UINT64_MAX, &end));
    assert_false(range_contains(16, 16, 24, UINT64_MAX));
    assert_true(range_overlaps(16, UINT64_MAX, 15, 2));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_counts),    cmocka_unit_test(test_fields),
        cmocka_unit_test(test_rotations), cmocka_unit_test(test_byte_order),
        cmocka_unit_test(test_overflow),  cmocka_unit_test(test_ranges),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
