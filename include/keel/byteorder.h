/* SPDX-License-Identifier: MIT */
/*
 * Integers of a fixed byte order. Every CPU Keel runs on is little-endian, so the le conversions
 * are free; they keep the types apart. The load and store forms take any alignment and any memory
 * that memcpy takes.
 */
#ifndef KEEL_BYTEORDER_H
#define KEEL_BYTEORDER_H

#include <keel/types.h>

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "the kernel is little-endian");

static inline uint16_t swap16(uint16_t x)
{
    return (uint16_t)(x << 8 | x >> 8);
}

static inline uint32_t swap32(uint32_t x)
{
    return (uint32_t)swap16((uint16_t)x) << 16 | swap16((uint16_t)(x >> 16));
}

static inline uint64_t swap64(uint64_t x)
{
    return (uint64_t)swap32((uint32_t)x) << 32 | swap32((uint32_t)(x >> 32));
}

static inline uint16_t le16_to_cpu(le16_t x)
{
    return (__force uint16_t)x;
}

static inline uint32_t le32_to_cpu(le32_t x)
{
    return (__force uint32_t)x;
}

static inline uint64_t le64_to_cpu(le64_t x)
{
    return (__force uint64_t)x;
}

static inline le16_t cpu_to_le16(uint16_t x)
{
    return (__force le16_t)x;
}

static inline le32_t cpu_to_le32(uint32_t x)
{
    return (__force le32_t)x;
}

static inline le64_t cpu_to_le64(uint64_t x)
{
    return (__force le64_t)x;
}

static inline uint16_t be16_to_cpu(be16_t x)
{
    return swap16((__force uint16_t)x);
}

static inline uint32_t be32_to_cpu(be32_t x)
{
    return swap32((__force uint32_t)x);
}

static inline uint64_t be64_to_cpu(be64_t x)
{
    return swap64((__force uint64_t)x);
}

static inline be16_t cpu_to_be16(uint16_t x)
{
    return (__force be16_t)swap16(x);
}

static inline be32_t cpu_to_be32(uint32_t x)
{
    return (__force be32_t)swap32(x);
}

static inline be64_t cpu_to_be64(uint64_t x)
{
    return (__force be64_t)swap64(x);
}

/* The integer at p, of any alignment. */
static inline uint16_t load_le16(const void *p)
{
    const uint8_t *b = p;

    return (uint16_t)(b[0] | b[1] << 8);
}

static inline uint32_t load_le32(const void *p)
{
    const uint8_t *b = p;

    return load_le16(b) | (uint32_t)load_le16(b + 2) << 16;
}

static inline uint64_t load_le64(const void *p)
{
    const uint8_t *b = p;

    return load_le32(b) | (uint64_t)load_le32(b + 4) << 32;
}

static inline uint16_t load_be16(const void *p)
{
    return swap16(load_le16(p));
}

static inline uint32_t load_be32(const void *p)
{
    return swap32(load_le32(p));
}

static inline uint64_t load_be64(const void *p)
{
    return swap64(load_le64(p));
}

/* Stores x at p, of any alignment. */
static inline void store_le16(void *p, uint16_t x)
{
    uint8_t *b = p;

    b[0] = (uint8_t)x;
    b[1] = (uint8_t)(x >> 8);
}

static inline void store_le32(void *p, uint32_t x)
{
    uint8_t *b = p;

    store_le16(b, (uint16_t)x);
    store_le16(b + 2, (uint16_t)(x >> 16));
}

static inline void store_le64(void *p, uint64_t x)
{
    uint8_t *b = p;

    store_le32(b, (uint32_t)x);
    store_le32(b + 4, (uint32_t)(x >> 32));
}

static inline void store_be16(void *p, uint16_t x)
{
    store_le16(p, swap16(x));
}

static inline void store_be32(void *p, uint32_t x)
{
    store_le32(p, swap32(x));
}

static inline void store_be64(void *p, uint64_t x)
{
    store_le64(p, swap64(x));
}

#endif
