/* SPDX-License-Identifier: MIT */
/* Bit arithmetic on integers. Positions count from 0, the least significant bit. */
#ifndef KEEL_BITS_H
#define KEEL_BITS_H

#include <keel/byteorder.h>
#include <keel/types.h>

#define BIT(n)                 (UINT64_C(1) << (n))

/* A field of bits hi down to lo, both included, all ones. */
#define BITS(hi, lo)           ((UINT64_MAX >> (63 - (hi))) & (UINT64_MAX << (lo)))

/* The field `mask` (one run of ones) of x, shifted down; and value shifted up to its place. */
#define FIELD_GET(mask, x)     (((x) & (mask)) / ((mask) & (0 - (mask))))
#define FIELD_PUT(mask, value) (((value) * ((mask) & (0 - (mask)))) & (mask))

/* The position of the 1 in x, found by the top bits of x * BITS_DE_BRUIJN. */
#define BITS_DE_BRUIJN         UINT64_C(0x03f79d71b4cb0a89)
extern const uint8_t bits_positions[64];

/* The position of the lowest and of the highest 1; x must not be 0. */
static inline unsigned int bits_lowest(uint64_t x)
{
#if defined(__riscv) && !defined(__riscv_zbb)
    return bits_positions[(x & (0 - x)) * BITS_DE_BRUIJN >> 58];
#else
    return (unsigned int)__builtin_ctzll(x);
#endif
}

static inline unsigned int bits_highest(uint64_t x)
{
#if defined(__riscv) && !defined(__riscv_zbb)
    for (unsigned int shift = 1; shift < 64; shift *= 2) {
        x |= x >> shift;
    }
    return bits_positions[(x ^ x >> 1) * BITS_DE_BRUIJN >> 58];
#else
    return 63 - (unsigned int)__builtin_clzll(x);
#endif
}

/* 1 + the position of the lowest (fls: highest) 1, or 0 when there is none. */
static inline unsigned int ffs64(uint64_t x)
{
    return x ? bits_lowest(x) + 1 : 0;
}

static inline unsigned int fls64(uint64_t x)
{
    return x ? bits_highest(x) + 1 : 0;
}

/* The number of ones. */
static inline unsigned int popcount64(uint64_t x)
{
    return (unsigned int)__builtin_popcountll(x);
}

/* The logarithm to base 2, rounded down (ceil: up); x must not be 0. */
static inline unsigned int ilog2(uint64_t x)
{
    return bits_highest(x);
}

static inline unsigned int ilog2_ceil(uint64_t x)
{
    return fls64(x - 1);
}

static inline bool is_power_of_2(uint64_t x)
{
    return x && !(x & (x - 1));
}

/* The least power of 2 that is not less than x, which must be from 1 to 2^63. */
static inline uint64_t round_up_power_of_2(uint64_t x)
{
    return UINT64_C(1) << ilog2_ceil(x);
}

/* x rotated by n bits; n may be anything. */
static inline uint32_t rol32(uint32_t x, unsigned int n)
{
    return x << (n & 31) | x >> (-n & 31);
}

static inline uint32_t ror32(uint32_t x, unsigned int n)
{
    return rol32(x, -n);
}

static inline uint64_t rol64(uint64_t x, unsigned int n)
{
    return x << (n & 63) | x >> (-n & 63);
}

static inline uint64_t ror64(uint64_t x, unsigned int n)
{
    return rol64(x, -n);
}

#endif
