/* SPDX-License-Identifier: MIT */
/* Promises and frames of one chunk of 512. */
#include "pmm_internal.h"

#include <keel/bitmap.h>

/* Changes a state that is `old` to `new`, and the hints if the class changes with it. */
static bool state_change(struct arena *arena, unsigned index, uint32_t *old, uint32_t new)
{
    if (!__atomic_compare_exchange_n(&arena->state[index], old, new, false, __ATOMIC_SEQ_CST,
                                     __ATOMIC_SEQ_CST)) {
        return false;
    }
    if (state_class(*old) != state_class(new)) {
        hints_update(arena, index);
    }
    return true;
}

static uint32_t state_of(const struct arena *arena, unsigned index)
{
    return __atomic_load_n(&arena->state[index], __ATOMIC_SEQ_CST);
}

unsigned chunk_claim(struct arena *arena, unsigned index, unsigned count)
{
    uint32_t state = state_of(arena, index);
    unsigned n;

    do {
        n = MIN(count, state_free(state));
    } while (n > 0 && !state_change(arena, index, &state, state + n));
    return n;
}

bool chunk_claim_all(struct arena *arena, unsigned index, unsigned count)
{
    uint32_t state = state_of(arena, index);

    do {
        if (state_free(state) < count || (state & STATE_TOUCHED) == 0) {
            return false;
        }
    } while (!state_change(arena, index, &state, state + count));
    return true;
}

void chunk_give(struct arena *arena, unsigned index, unsigned count)
{
    uint32_t old = __atomic_fetch_sub(&arena->state[index], count, __ATOMIC_SEQ_CST);

    if (state_class(old) != state_class(old - count)) {
        hints_update(arena, index);
    }
}

bool chunk_reserve(struct arena *arena, unsigned index)
{
    uint32_t state = state_of(arena, index);

    do {
        if (state_class(state) == CHUNK_NONE || (state & STATE_TOUCHED) == 0) {
            return false;
        }
    } while (!state_change(arena, index, &state, state | STATE_RESERVED));
    return true;
}

void chunk_unreserve(struct arena *arena, unsigned index)
{
    __atomic_fetch_and(&arena->state[index], ~STATE_RESERVED, __ATOMIC_SEQ_CST);
    hints_update(arena, index);
}

/* Takes up to `count` free frames of a word: their bits. */
static uint64_t word_take(struct word *word, unsigned count)
{
    uint64_t old = __atomic_load_n(&word->free, __ATOMIC_RELAXED);
    uint64_t bits;

    do {
        bits = lowest_bits(old, count);
    } while (bits != 0 && !__atomic_compare_exchange_n(&word->free, &old, old & ~bits, true,
                                                       __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST));
    return bits;
}

struct word *chunk_hold(struct arena *arena, unsigned index, unsigned first)
{
    struct chunk *chunk = &arena->chunks[index];

    for (unsigned i = 0; i < CHUNK_WORDS; i++) {
        struct word *word = &chunk->words[(first + i) % CHUNK_WORDS];
        unsigned want = popcount64(__atomic_load_n(&word->free, __ATOMIC_RELAXED));
        unsigned promised = want == 0 ? 0 : chunk_claim(arena, index, want);
        uint64_t bits;

        if (promised == 0) {
            continue;
        }
        bits = word_take(word, promised);
        if (popcount64(bits) < promised) {
            chunk_give(arena, index, promised - popcount64(bits));
        }
        if (bits != 0) {
            __atomic_fetch_or(&word->held, bits, __ATOMIC_SEQ_CST);
            return word;
        }
    }
    return NULL;
}

/* Where a run of free frames starts, or CHUNK_FRAMES. */
static unsigned find_run(const struct chunk *chunk, unsigned count, unsigned order)
{
    uint64_t used[CHUNK_WORDS];

    for (unsigned i = 0; i < CHUNK_WORDS; i++) {
        used[i] = ~__atomic_load_n(&chunk->words[i].free, __ATOMIC_RELAXED);
    }
    return (unsigned)bitmap_find_zero_area(used, CHUNK_FRAMES, 0, count, 1u << order);
}

/* Sets the free bits of a run. */
static void put_bits(struct chunk *chunk, unsigned frame, unsigned count)
{
    while (count > 0) {
        unsigned n = run_in_word(frame, count);

        __atomic_fetch_or(&chunk->words[frame / WORD_FRAMES].free, run_mask(frame % WORD_FRAMES, n),
                          __ATOMIC_RELEASE);
        frame += n;
        count -= n;
    }
}

/* Takes the bits of a run; when somebody else has one of them, none. */
static bool take_bits(struct chunk *chunk, unsigned frame, unsigned count)
{
    unsigned done = 0;

    while (done < count) {
        unsigned at = frame + done;
        unsigned n = run_in_word(at, count - done);
        uint64_t mask = run_mask(at % WORD_FRAMES, n);
        struct word *word = &chunk->words[at / WORD_FRAMES];
        uint64_t had = __atomic_fetch_and(&word->free, ~mask, __ATOMIC_ACQUIRE) & mask;

        if (had != mask) {
            __atomic_fetch_or(&word->free, had, __ATOMIC_RELEASE);
            put_bits(chunk, frame, done);
            return false;
        }
        done += n;
    }
    return true;
}

int chunk_take_run(struct arena *arena, unsigned index, unsigned count, unsigned order)
{
    struct chunk *chunk = &arena->chunks[index];
    unsigned frame;

    if (!chunk_claim_all(arena, index, count)) {
        return -1;
    }
    do {
        frame = find_run(chunk, count, order);
        if (frame >= CHUNK_FRAMES) {
            chunk_give(arena, index, count);
            return -1;
        }
    } while (!take_bits(chunk, frame, count));
    return (int)frame;
}

void chunk_put_run(struct arena *arena, unsigned index, unsigned frame, unsigned count)
{
    put_bits(&arena->chunks[index], frame, count);
    chunk_give(arena, index, count);
}
