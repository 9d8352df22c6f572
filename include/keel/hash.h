/* SPDX-License-Identifier: MIT */
/*
 * FNV-1a, the hash of Fowler, Noll and Vo (RFC 9923): for tables and checks against accidents, not
 * against an adversary. A hash is continued by giving its result as `hash` to the next piece; the
 * first piece gets the offset basis.
 */
#ifndef KEEL_HASH_H
#define KEEL_HASH_H

#include <keel/types.h>

#define FNV1A_32_BASIS UINT32_C(0x811c9dc5)
#define FNV1A_32_PRIME UINT32_C(0x01000193)
#define FNV1A_64_BASIS UINT64_C(0xcbf29ce484222325)
#define FNV1A_64_PRIME UINT64_C(0x00000100000001b3)

/* Continues hash over n bytes of data. */
uint32_t fnv1a_32_more(uint32_t hash, const void *data, size_t n);
uint64_t fnv1a_64_more(uint64_t hash, const void *data, size_t n);

/* The hash of n bytes of data. */
static inline uint32_t fnv1a_32(const void *data, size_t n)
{
    return fnv1a_32_more(FNV1A_32_BASIS, data, n);
}

static inline uint64_t fnv1a_64(const void *data, size_t n)
{
    return fnv1a_64_more(FNV1A_64_BASIS, data, n);
}

/* The hash of a string without its terminator. */
uint32_t fnv1a_32_string(const char *s);
uint64_t fnv1a_64_string(const char *s);

#endif
