/* SPDX-License-Identifier: MIT */
/* Which chunks of an arena are worth a look: bitmaps of three levels. */
#include "pmm_internal.h"

/* Sets or clears a bit that may already be as wanted; what the word was before, ~0 if untouched. */
static uint64_t put_bit(uint64_t *word, unsigned bit, bool value)
{
    uint64_t mask = BIT(bit);

    if (((__atomic_load_n(word, __ATOMIC_SEQ_CST) & mask) != 0) == value) {
        return UINT64_MAX;
    }
    return value ? __atomic_fetch_or(word, mask, __ATOMIC_SEQ_CST)
                 : __atomic_fetch_and(word, ~mask, __ATOMIC_SEQ_CST);
}

/* Tells the levels above that leaf word `word` is not 0 any more. */
static void raise_above(struct hints *hints, unsigned word)
{
    if (put_bit(&hints->mid[word / 64], word % 64, true) == 0) {
        put_bit(&hints->top, word / 64, true);
    }
}

static void put(struct hints *hints, unsigned index, bool value)
{
    if (put_bit(&hints->leaf[index / 64], index % 64, value) == 0 && value) {
        raise_above(hints, index / 64);
    }
}

/* Others may do the same for a later state at the same time: the last to look corrects the bits. */
void hints_update(struct arena *arena, unsigned index)
{
    enum chunk_class class,
        now = state_class(__atomic_load_n(&arena->state[index], __ATOMIC_SEQ_CST));

    do {
        class = now;
        put(&arena->hints[CHUNK_WHOLE], index, class == CHUNK_WHOLE);
        put(&arena->hints[CHUNK_PARTIAL], index, class == CHUNK_PARTIAL);
        now = state_class(__atomic_load_n(&arena->state[index], __ATOMIC_SEQ_CST));
    } while (now != class);
}

/* Clears the bit above a word that was seen as 0, unless it is not by now. */
static void lower(struct hints *hints, uint64_t *above, unsigned bit, const uint64_t *word)
{
    put_bit(above, bit, false);
    if (__atomic_load_n(word, __ATOMIC_SEQ_CST) != 0) {
        put_bit(above, bit, true);
        put_bit(&hints->top, (unsigned)(above - hints->mid), true);
    }
}

int hints_find(struct arena *arena, enum chunk_class class)
{
    struct hints *hints = &arena->hints[class];
    uint64_t top;

    while ((top = __atomic_load_n(&hints->top, __ATOMIC_SEQ_CST)) != 0) {
        unsigned i = bits_lowest(top);
        uint64_t mid = __atomic_load_n(&hints->mid[i], __ATOMIC_SEQ_CST);
        unsigned j;
        uint64_t leaf;

        if (mid == 0) {
            put_bit(&hints->top, i, false);
            if (__atomic_load_n(&hints->mid[i], __ATOMIC_SEQ_CST) != 0) {
                put_bit(&hints->top, i, true);
            }
            continue;
        }
        j = i * 64 + bits_lowest(mid);
        leaf = __atomic_load_n(&hints->leaf[j], __ATOMIC_SEQ_CST);
        if (leaf != 0) {
            return (int)(j * 64 + bits_lowest(leaf));
        }
        lower(hints, &hints->mid[i], j % 64, &hints->leaf[j]);
    }
    return -1;
}

/* The first leaf word from `word` on that the level above says is not 0. */
static unsigned next_word(const struct hints *hints, unsigned word, unsigned words)
{
    while (word < words) {
        uint64_t mid = __atomic_load_n(&hints->mid[word / 64], __ATOMIC_RELAXED) >> word % 64;

        if (mid != 0) {
            return word + bits_lowest(mid);
        }
        word = ALIGN_DOWN(word, 64) + 64;
    }
    return words;
}

int hints_next(const struct arena *arena, enum chunk_class class, unsigned index)
{
    const struct hints *hints = &arena->hints[class];
    unsigned words = DIV_ROUND_UP(arena->chunk_count, 64u);
    unsigned first = index % 64;

    for (unsigned word = index / 64; word < words; word = next_word(hints, word + 1, words)) {
        uint64_t leaf = __atomic_load_n(&hints->leaf[word], __ATOMIC_RELAXED) >> first;

        if (leaf != 0) {
            return (int)(word * 64 + first + bits_lowest(leaf));
        }
        first = 0;
    }
    return -1;
}
