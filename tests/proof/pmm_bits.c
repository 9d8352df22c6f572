/* SPDX-License-Identifier: MIT */
/* Proofs, by CBMC, of the page allocator's bitmap and counter arithmetic: every proof_* function is an
 * entry whose assertions hold for all values. Loops run 64 times at most: --unwind 65. */
#include "../../core/mm/pmm_bits.h"

#include <assert.h>

uint64_t nondet_uint64(void);
unsigned nondet_unsigned(void);
void __CPROVER_assume(_Bool condition);

void proof_run_mask(void);
void proof_run_in_word(void);
void proof_run_covers_the_chunk(void);
void proof_lowest_bits(void);
void proof_taken_does_not_reach_flags(void);
void proof_class_follows_from_state(void);
void proof_align_chunk(void);

/* A run's mask has the bits of its frames and no others. */
void proof_run_mask(void)
{
    unsigned first = nondet_unsigned(), count = nondet_unsigned(), bit = nondet_unsigned();

    __CPROVER_assume(count >= 1 && count <= WORD_FRAMES && first <= WORD_FRAMES - count);
    __CPROVER_assume(bit < WORD_FRAMES);
    assert((run_mask(first, count) >> bit & 1) == (bit >= first && bit < first + count));
}

/* The part of a run in its first word is not empty, in the run, and in the word. */
void proof_run_in_word(void)
{
    unsigned frame = nondet_unsigned(), count = nondet_unsigned(), n;

    __CPROVER_assume(frame < CHUNK_FRAMES && count >= 1 && count <= CHUNK_FRAMES - frame);
    n = run_in_word(frame, count);
    assert(n >= 1 && n <= count && frame % WORD_FRAMES + n <= WORD_FRAMES);
}

/* Word by word, the parts are the run: no frame twice, none left out, none beyond the chunk. */
void proof_run_covers_the_chunk(void)
{
    unsigned first = nondet_unsigned(), count = nondet_unsigned(), frame, left, steps = 0;

    __CPROVER_assume(first < CHUNK_FRAMES && count >= 1 && count <= CHUNK_FRAMES - first);
    frame = first;
    left = count;
    while (left > 0) {
        unsigned n = run_in_word(frame, left);

        assert(frame / WORD_FRAMES < CHUNK_WORDS);
        frame += n;
        left -= n;
        steps++;
    }
    assert(frame == first + count && steps <= CHUNK_WORDS);
}

/* A subset, of the size asked for or all, and nothing that was left lies below what was taken. */
void proof_lowest_bits(void)
{
    uint64_t mask = nondet_uint64(), bits;
    unsigned count = nondet_unsigned(), bit = nondet_unsigned();

    __CPROVER_assume(count <= WORD_FRAMES && bit < WORD_FRAMES);
    bits = lowest_bits(mask, count);
    assert((bits & ~mask) == 0);
    assert(popcount64(bits) == MIN(count, popcount64(mask)));
    assert(((mask & ~bits) >> bit & 1) == 0 || bits >> bit == 0);
}

/* What may be claimed can be added, what was claimed be subtracted, and no flag changes. */
void proof_taken_does_not_reach_flags(void)
{
    uint32_t state = (uint32_t)nondet_unsigned();
    unsigned count = nondet_unsigned();

    __CPROVER_assume((state & STATE_TAKEN) <= CHUNK_FRAMES);
    __CPROVER_assume(count <= state_free(state));
    assert(((state + count) & ~STATE_TAKEN) == (state & ~STATE_TAKEN));
    assert(state_free(state + count) == state_free(state) - count);
    assert(state + count - count == state);
    assert(((STATE_EDGE | STATE_TOUCHED | STATE_RESERVED) & STATE_TAKEN) == 0);
}

/* A chunk that a search can find has frames to give; an unused one has all. */
void proof_class_follows_from_state(void)
{
    uint32_t state = (uint32_t)nondet_unsigned();
    enum chunk_class class = state_class(state);

    __CPROVER_assume((state & STATE_TAKEN) <= CHUNK_FRAMES);
    assert(class != CHUNK_WHOLE || state_free(state) == CHUNK_FRAMES);
    assert(class != CHUNK_PARTIAL || (state_free(state) > 0 && state_free(state) < CHUNK_FRAMES));
    assert((class == CHUNK_NONE) == (state_free(state) == 0 || (state & STATE_RESERVED) != 0));
}

/* The next chunk on a boundary: on it, not before, and none between. Arenas have at most 2^18 chunks,
 * addresses 64 bits. */
void proof_align_chunk(void)
{
    uint64_t chunk = nondet_uint64(), base = nondet_uint64(), at;
    unsigned order = nondet_unsigned();

    __CPROVER_assume(chunk < UINT64_C(1) << 18 && base < UINT64_C(1) << (64 - CHUNK_SHIFT));
    __CPROVER_assume(order <= 64 - CHUNK_SHIFT);
    at = align_chunk(chunk, base, order);
    assert(at >= chunk && at - chunk < UINT64_C(1) << order);
    assert(((base + at) & ((UINT64_C(1) << order) - 1)) == 0);
}
