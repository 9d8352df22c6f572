/* SPDX-License-Identifier: MIT */
/* The compiler's atomic operations, which a port may implement by patched routines of its own. */
#include <arch/atomic.h>
#include <keel/ktest.h>
#include <keel/types.h>

/* Every operation at one memory order, on a value of `type`; the neighbours must not change. */
/* clang-format off */
#define TEST_OPERATIONS(type, order)                                                        \
    do {                                                                                    \
        type cell[3] = {(type)-1, 5, (type)-1};                                             \
        type *p = &cell[1];                                                                 \
                                                                                            \
        KTEST_EXPECT(__atomic_fetch_add(p, (type)7, order) == 5 && *p == 12);               \
        KTEST_EXPECT(__atomic_sub_fetch(p, (type)2, order) == 10 && *p == 10);              \
        KTEST_EXPECT(__atomic_fetch_or(p, (type)5, order) == 10 && *p == 15);               \
        KTEST_EXPECT(__atomic_fetch_and(p, (type)6, order) == 15 && *p == 6);               \
        KTEST_EXPECT(__atomic_fetch_xor(p, (type)-1, order) == 6 && *p == (type) ~(type)6); \
        KTEST_EXPECT(__atomic_exchange_n(p, (type)3, order) == (type) ~(type)6 && *p == 3); \
        KTEST_EXPECT(cell[0] == (type)-1 && cell[2] == (type)-1);                           \
    } while (0)
/* clang-format on */

#define TEST_COMPARE(type, order)                                                               \
    do {                                                                                        \
        type high = (type)1 << (sizeof(type) * 8 - 1);                                          \
        type cell = high;                                                                       \
        type expected = high;                                                                   \
                                                                                                \
        KTEST_EXPECT(                                                                           \
            __atomic_compare_exchange_n(&cell, &expected, 9, false, order, __ATOMIC_RELAXED));  \
        KTEST_EXPECT(cell == 9 && expected == high);                                            \
        KTEST_EXPECT(                                                                           \
            !__atomic_compare_exchange_n(&cell, &expected, 1, false, order, __ATOMIC_RELAXED)); \
        KTEST_EXPECT(cell == 9 && expected == 9);                                               \
    } while (0)

#define TEST_ORDERS(type)                        \
    do {                                         \
        TEST_OPERATIONS(type, __ATOMIC_RELAXED); \
        TEST_OPERATIONS(type, __ATOMIC_ACQUIRE); \
        TEST_OPERATIONS(type, __ATOMIC_RELEASE); \
        TEST_OPERATIONS(type, __ATOMIC_ACQ_REL); \
        TEST_OPERATIONS(type, __ATOMIC_SEQ_CST); \
        TEST_COMPARE(type, __ATOMIC_RELAXED);    \
        TEST_COMPARE(type, __ATOMIC_ACQUIRE);    \
        TEST_COMPARE(type, __ATOMIC_RELEASE);    \
        TEST_COMPARE(type, __ATOMIC_ACQ_REL);    \
        TEST_COMPARE(type, __ATOMIC_SEQ_CST);    \
    } while (0)

KTEST(atomics_of_32_bits)
{
    TEST_ORDERS(uint32_t);
}

KTEST(atomics_of_64_bits)
{
    TEST_ORDERS(uint64_t);
}

KTEST(atomics_in_line)
{
    uint32_t cell[3] = {7, UINT32_MAX, 7};

    KTEST_EXPECT(arch_fetch_add(&cell[1], 3) == UINT32_MAX && cell[1] == 2);
    KTEST_EXPECT(arch_fetch_add_release(&cell[1], UINT32_MAX) == 2 && cell[1] == 1);
    KTEST_EXPECT(cell[0] == 7 && cell[2] == 7);
}
