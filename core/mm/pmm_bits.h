/* SPDX-License-Identifier: MIT */
/* The arithmetic of the page allocator's bitmaps and counters; pure, so that it can be proved. */
#ifndef MM_PMM_BITS_H
#define MM_PMM_BITS_H

#include <arch/layout.h>
#include <keel/bits.h>

#define WORD_FRAMES    64u
#define CHUNK_FRAMES   512u
#define CHUNK_WORDS    (CHUNK_FRAMES / WORD_FRAMES)
#define CHUNK_SHIFT    (PAGE_SHIFT + 9)
#define CHUNK_SIZE     (UINT64_C(1) << CHUNK_SHIFT)

/*
 * The state of a chunk: how many of its frames are taken (promised to a CPU, handed out, or never
 * there), and flags. 0 is a chunk that nobody has touched: its words and records mean nothing yet.
 */
#define STATE_TAKEN    0x3ffu
#define STATE_EDGE     (1u << 16) /* words are valid before it is touched: some frames are foreign */
#define STATE_TOUCHED  (1u << 17) /* words and records are valid */
#define STATE_RESERVED (1u << 18) /* somebody works in it: others look elsewhere */

/* Where a search can find a chunk. */
enum chunk_class {
    CHUNK_WHOLE,   /* all frames free */
    CHUNK_PARTIAL, /* some */
    CHUNK_NONE,    /* none, or reserved */
};

static inline unsigned state_free(uint32_t state)
{
    return CHUNK_FRAMES - (state & STATE_TAKEN);
}

static inline enum chunk_class state_class(uint32_t state)
{
    if ((state & STATE_RESERVED) != 0 || state_free(state) == 0) {
        return CHUNK_NONE;
    }
    return (state & STATE_TAKEN) == 0 ? CHUNK_WHOLE : CHUNK_PARTIAL;
}

/* The bits of frames [first, first + count) of a word; count from 1 to 64, both within the word. */
static inline uint64_t run_mask(unsigned first, unsigned count)
{
    return (UINT64_MAX >> -count % WORD_FRAMES) << first;
}

/* How many of `count` frames from `frame` of a chunk on lie in the word of the first. */
static inline unsigned run_in_word(unsigned frame, unsigned count)
{
    return MIN(count, WORD_FRAMES - frame % WORD_FRAMES);
}

/* The lowest `count` ones of a mask; all of them when it has fewer. */
static inline uint64_t lowest_bits(uint64_t mask, unsigned count)
{
    uint64_t rest = mask;

    if (count >= popcount64(mask)) {
        return mask;
    }
    while (count-- > 0) {
        rest &= rest - 1;
    }
    return mask & ~rest;
}

/* The first chunk number at or behind `chunk` whose address is a multiple of 2^(21 + order) bytes,
 * `base` being the number of chunk 0 counted from physical address 0. */
static inline uint64_t align_chunk(uint64_t chunk, uint64_t base, unsigned order)
{
    return ALIGN_UP(base + chunk, UINT64_C(1) << order) - base;
}

#endif
