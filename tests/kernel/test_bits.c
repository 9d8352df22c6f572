/* SPDX-License-Identifier: MIT */
/* Bit counting as this CPU does it: by instructions, or by the helpers in core/lib. */
#include <keel/bits.h>
#include <keel/ktest.h>

/* The compiler must not know the operand, or it counts by itself. */
static uint64_t hide(uint64_t x)
{
    __asm__("" : "+r"(x));
    return x;
}

KTEST(bits_are_counted)
{
    for (unsigned int i = 0; i < 64; i++) {
        KTEST_EXPECT(bits_lowest(hide(UINT64_MAX << i)) == i);
        KTEST_EXPECT(bits_highest(hide(UINT64_MAX >> (63 - i))) == i);
        KTEST_EXPECT(popcount64(hide(UINT64_MAX >> i)) == 64 - i);
        KTEST_EXPECT(ffs64(hide(BIT(i))) == i + 1 && fls64(hide(BIT(i))) == i + 1);
    }
    KTEST_EXPECT(ffs64(hide(0)) == 0 && fls64(hide(0)) == 0 && popcount64(hide(0)) == 0);
    KTEST_EXPECT(popcount64(hide(0xa5a5a5a5a5a5a5a5)) == 32);
}

KTEST(bytes_are_swapped)
{
    KTEST_EXPECT(swap64(hide(0x1122334455667788)) == 0x8877665544332211);
    KTEST_EXPECT(swap32((uint32_t)hide(0x11223344)) == 0x44332211);
    KTEST_EXPECT(swap16((uint16_t)hide(0x1122)) == 0x2211);
}
