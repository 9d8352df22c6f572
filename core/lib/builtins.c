/* SPDX-License-Identifier: MIT */
/*
 * What the compiler calls for bit counting and byte swapping where the base instruction set has no
 * instruction for it. The names and their meaning are those of GCC's libgcc.
 */
#include <keel/bits.h>

int __popcountdi2(uint64_t x);
int __ctzdi2(uint64_t x);
int __clzdi2(uint64_t x);
uint32_t __bswapsi2(uint32_t x);
uint64_t __bswapdi2(uint64_t x);

/* Sums of 2, 4 and 8 bits side by side, then of all bytes in the top one. */
int __popcountdi2(uint64_t x)
{
    x -= x >> 1 & 0x5555555555555555;
    x = (x & 0x3333333333333333) + (x >> 2 & 0x3333333333333333);
    x = (x + (x >> 4)) & 0x0f0f0f0f0f0f0f0f;
    return (int)(x * 0x0101010101010101 >> 56);
}

/* Every six bits in a row of the constant are others: which, tells how far it was shifted. */
const uint8_t bits_positions[64] = {
    0,  1,  48, 2,  57, 49, 28, 3,  61, 58, 50, 42, 38, 29, 17, 4,  62, 55, 59, 36, 53, 51,
    43, 22, 45, 39, 33, 30, 24, 18, 12, 5,  63, 47, 56, 27, 60, 41, 37, 16, 54, 35, 52, 21,
    44, 32, 23, 11, 46, 26, 40, 15, 34, 20, 31, 10, 25, 14, 19, 9,  13, 8,  7,  6,
};

int __ctzdi2(uint64_t x)
{
    return bits_positions[(x & (0 - x)) * BITS_DE_BRUIJN >> 58];
}

/* Fills all bits below the highest 1, then counts those above it. */
int __clzdi2(uint64_t x)
{
    for (unsigned int shift = 1; shift < 64; shift *= 2) {
        x |= x >> shift;
    }
    return __popcountdi2(~x);
}

uint32_t __bswapsi2(uint32_t x)
{
    x = (x & 0x00ff00ff) << 8 | (x >> 8 & 0x00ff00ff);
    return x << 16 | x >> 16;
}

uint64_t __bswapdi2(uint64_t x)
{
    x = (x & 0x00ff00ff00ff00ff) << 8 | (x >> 8 & 0x00ff00ff00ff00ff);
    x = (x & 0x0000ffff0000ffff) << 16 | (x >> 16 & 0x0000ffff0000ffff);
    return x << 32 | x >> 32;
}
