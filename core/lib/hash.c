/* SPDX-License-Identifier: MIT */
/* FNV-1a: each byte is mixed in by exclusive or, then a multiplication spreads it. */
#include <keel/hash.h>
#include <keel/string.h>

/* The steps of eight bytes form one chain; writing them out only saves the counting between. */
#define MIX_8_BYTES(hash, p, prime)           \
    do {                                      \
        (hash) = ((hash) ^ (p)[0]) * (prime); \
        (hash) = ((hash) ^ (p)[1]) * (prime); \
        (hash) = ((hash) ^ (p)[2]) * (prime); \
        (hash) = ((hash) ^ (p)[3]) * (prime); \
        (hash) = ((hash) ^ (p)[4]) * (prime); \
        (hash) = ((hash) ^ (p)[5]) * (prime); \
        (hash) = ((hash) ^ (p)[6]) * (prime); \
        (hash) = ((hash) ^ (p)[7]) * (prime); \
    } while (0)

uint32_t fnv1a_32_more(uint32_t hash, const void *data, size_t n)
{
    const uint8_t *p = data;

    for (; n >= 8; n -= 8, p += 8) {
        MIX_8_BYTES(hash, p, FNV1A_32_PRIME);
    }
    for (; n > 0; n--, p++) {
        hash = (hash ^ *p) * FNV1A_32_PRIME;
    }
    return hash;
}

uint64_t fnv1a_64_more(uint64_t hash, const void *data, size_t n)
{
    const uint8_t *p = data;

    for (; n >= 8; n -= 8, p += 8) {
        MIX_8_BYTES(hash, p, FNV1A_64_PRIME);
    }
    for (; n > 0; n--, p++) {
        hash = (hash ^ *p) * FNV1A_64_PRIME;
    }
    return hash;
}

uint32_t fnv1a_32_string(const char *s)
{
    return fnv1a_32(s, strlen(s));
}

uint64_t fnv1a_64_string(const char *s)
{
    return fnv1a_64(s, strlen(s));
}
