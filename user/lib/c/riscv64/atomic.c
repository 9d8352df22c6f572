/* SPDX-License-Identifier: MIT */
/* Atomic bytes and half-words, which GCC before 14 calls here (libatomic's names): this processor's instructions
 * change words. All are sequentially consistent, whatever order was asked for. */
#include <stdbool.h>
#include <stdint.h>

/* Where in a word something lies. */
struct place {
    uint32_t *word;
    unsigned shift;
};

static struct place place_of(volatile void *memory)
{
    uintptr_t in_word = (uintptr_t)memory % sizeof(uint32_t);

    return (struct place){(uint32_t *)((uintptr_t)memory - in_word), (unsigned)in_word * 8};
}

/* Puts `value` there if the word is *old still, which becomes what it is. */
static bool store(struct place place, uint32_t *old, uint32_t value, uint32_t mask)
{
    uint32_t word = (*old & ~(mask << place.shift)) | (value & mask) << place.shift;

    return __atomic_compare_exchange_n(place.word, old, word, false, __ATOMIC_SEQ_CST,
                                       __ATOMIC_SEQ_CST);
}

#define OPERATION(name, type, bytes, result)                                    \
    type lib_##name##_##bytes(volatile void *memory, type value,                \
                              int order) __asm__("__atomic_" #name "_" #bytes); \
    type lib_##name##_##bytes(volatile void *memory, type value, int order)     \
    {                                                                           \
        struct place place = place_of(memory);                                  \
        uint32_t word = __atomic_load_n(place.word, __ATOMIC_RELAXED);          \
        type had;                                                               \
                                                                                \
        do {                                                                    \
            had = (type)(word >> place.shift);                                  \
        } while (!store(place, &word, (uint32_t)(result), (type)~0u));          \
        return had;                                                             \
    }

#define COMPARE_EXCHANGE(type, bytes)                                                        \
    bool lib_compare_exchange_##bytes(volatile void *memory, type *expected, type value,     \
                                      int success, int failure) __asm__("__atomic_compare_"  \
                                                                        "exchange_" #bytes); \
    bool lib_compare_exchange_##bytes(volatile void *memory, type *expected, type value,     \
                                      int success, int failure)                              \
    {                                                                                        \
        struct place place = place_of(memory);                                               \
        uint32_t word = __atomic_load_n(place.word, __ATOMIC_SEQ_CST);                       \
                                                                                             \
        do {                                                                                 \
            if ((type)(word >> place.shift) != *expected) {                                  \
                *expected = (type)(word >> place.shift);                                     \
                return false;                                                                \
            }                                                                                \
        } while (!store(place, &word, value, (type)~0u));                                    \
        return true;                                                                         \
    }

#define ALL(type, bytes)                               \
    OPERATION(exchange, type, bytes, value)            \
    OPERATION(fetch_add, type, bytes, had + value)     \
    OPERATION(fetch_sub, type, bytes, had - value)     \
    OPERATION(fetch_and, type, bytes, had &value)      \
    OPERATION(fetch_or, type, bytes, had | value)      \
    OPERATION(fetch_xor, type, bytes, had ^ value)     \
    OPERATION(fetch_nand, type, bytes, ~(had & value)) \
    COMPARE_EXCHANGE(type, bytes)

ALL(uint8_t, 1)
ALL(uint16_t, 2)
