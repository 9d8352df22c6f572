/* SPDX-License-Identifier: MIT */
/* The first use of a chunk: its bitmap, and the records of its frames. Both exist only for chunks
 * that have been used, so that neither start-up nor what it takes grows with the size of RAM. */
#include "pmm_internal.h"

#include <arch/layout.h>
#include <keel/kasan.h>
#include <keel/page.h>
#include <keel/string.h>

#define RECORD_BYTES  (RECORD_FRAMES * PAGE_SIZE)
#define RECORD_ORDER  1u /* aligned as they are long */
#define EVEN_FRAMES   UINT64_C(0x5555555555555555)
#define PARTIAL_TRIES 8u

_Static_assert(RECORD_BYTES == CHUNK_FRAMES * sizeof(struct page) &&
                   RECORD_FRAMES == 1u << RECORD_ORDER,
               "two frames hold the records of a chunk");

/* Records come from here until it has no room: a chunk that is reserved for them. */
static struct word *home;

struct word *pmm_record_home(void)
{
    return __atomic_load_n(&home, __ATOMIC_ACQUIRE);
}

void chunk_words_init(struct arena *arena, unsigned index)
{
    phys_addr_t base = chunk_base(arena, index);

    for (unsigned i = 0; i < CHUNK_WORDS; i++) {
        struct word *word = &arena->chunks[index].words[i];

        word->base = base + (phys_addr_t)i * WORD_FRAMES * PAGE_SIZE;
        word->foreign = 0;
        __atomic_store_n(&word->held, 0, __ATOMIC_RELAXED);
        __atomic_store_n(&word->free, UINT64_MAX, __ATOMIC_RELAXED);
    }
}

static void set_records(struct arena *arena, unsigned index, phys_addr_t at)
{
    struct page *records = arch_phys_to_virt(at);

    kasan_unpoison(records, RECORD_BYTES); /* frames that were freed, and not handed out since */
    memset(records, 0, RECORD_BYTES);
    arena->records[index] = records;
}

/*
 * Takes an untouched chunk out of everybody's reach and makes its words valid; *old is its state
 * before. False when it is not there to be had.
 */
static bool begin(struct arena *arena, unsigned index, uint32_t *old)
{
    uint32_t state = __atomic_load_n(&arena->state[index], __ATOMIC_SEQ_CST);

    *old = state;
    if ((state & (STATE_TOUCHED | STATE_RESERVED)) != 0 || state_free(state) == 0 ||
        !__atomic_compare_exchange_n(&arena->state[index], &state,
                                     (state & STATE_EDGE) | CHUNK_FRAMES | STATE_RESERVED, false,
                                     __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST)) {
        return false;
    }
    if ((state & STATE_EDGE) == 0) {
        chunk_words_init(arena, index);
    }
    hints_update(arena, index);
    return true;
}

/* Opens it, still reserved, with `taken` frames taken; or puts it back as it was. */
static void finish(struct arena *arena, unsigned index, uint32_t state)
{
    __atomic_store_n(&arena->state[index], state, __ATOMIC_SEQ_CST);
    hints_update(arena, index);
}

/* The first pair of neighbours in a word where both are free: the lower one's bit, or 0. */
static uint64_t free_pair(const struct word *word)
{
    uint64_t pairs = word->free & word->free >> 1 & EVEN_FRAMES;

    return pairs & (0 - pairs);
}

/* Makes an untouched chunk hold its own records. */
static bool touch_alone(struct arena *arena, unsigned index)
{
    struct word *word = arena->chunks[index].words;
    struct word *end = word + CHUNK_WORDS;
    uint64_t pair;
    uint32_t old;

    if (!begin(arena, index, &old)) {
        return false;
    }
    while (word < end && free_pair(word) == 0) {
        word++;
    }
    if (word == end) {
        finish(arena, index, old);
        return false;
    }
    pair = free_pair(word);
    set_records(arena, index, word->base + ((phys_addr_t)bits_lowest(pair) << PAGE_SHIFT));
    __atomic_fetch_and(&word->free, ~(pair | pair << 1), __ATOMIC_RELAXED);
    finish(arena, index, (old + RECORD_FRAMES) | STATE_TOUCHED | STATE_RESERVED);
    return true;
}

/* Starts a new home for records in a chunk of that class. */
static bool new_home(struct arena *arena, enum chunk_class class)
{
    int index = hints_find(arena, class);
    struct word *old;

    if (index < 0 ||
        !(touch_alone(arena, (unsigned)index) || chunk_reserve(arena, (unsigned)index))) {
        return false;
    }
    old = __atomic_exchange_n(&home, arena->chunks[index].words, __ATOMIC_ACQ_REL);
    if (old != NULL) {
        struct arena *other = pmm_arena_of(old->base);

        chunk_unreserve(other, chunk_index(other, old->base));
    }
    return true;
}

static phys_addr_t records_from(struct arena *arena, unsigned index)
{
    int frame = chunk_take_run(arena, index, RECORD_FRAMES, RECORD_ORDER);

    return frame < 0 ? 0 : chunk_base(arena, index) + (phys_addr_t)frame * PAGE_SIZE;
}

static phys_addr_t records_from_home(void)
{
    struct word *at = pmm_record_home();
    struct arena *arena = at == NULL ? NULL : pmm_arena_of(at->base);

    return arena == NULL ? 0 : records_from(arena, chunk_index(arena, at->base));
}

/* From chunks that are in use: when none is left that is not. */
static phys_addr_t records_from_partial(void)
{
    for (unsigned i = 0; i < pmm_arena_count; i++) {
        struct arena *arena = &pmm_arenas[i];
        int index = hints_next(arena, CHUNK_PARTIAL, 0);

        for (unsigned tries = 0; index >= 0 && tries < PARTIAL_TRIES; tries++) {
            phys_addr_t pa = records_from(arena, (unsigned)index);

            if (pa != 0) {
                return pa;
            }
            index = hints_next(arena, CHUNK_PARTIAL, (unsigned)index + 1);
        }
    }
    return 0;
}

static phys_addr_t records_from_new_home(struct arena *arena, enum chunk_class class)
{
    return new_home(arena, class) ? records_from_home() : 0;
}

/* Room for the records of a chunk of the arena `near`. Chunks that something keeps from being whole
 * are the first choice; what is left over at the ends of reservations serves well. */
static phys_addr_t records_alloc(struct arena *near)
{
    phys_addr_t pa = records_from_home();

    if (pa == 0) {
        pa = records_from_new_home(near, CHUNK_PARTIAL);
    }
    if (pa == 0) {
        pa = records_from_new_home(near, CHUNK_WHOLE);
    }
    for (unsigned i = 0; pa == 0 && i < pmm_arena_count; i++) {
        pa = records_from_new_home(&pmm_arenas[i], CHUNK_WHOLE);
    }
    return pa == 0 ? records_from_partial() : pa;
}

bool chunk_touch(struct arena *arena, unsigned index)
{
    phys_addr_t records;
    uint32_t old;

    if (!begin(arena, index, &old)) {
        return false;
    }
    records = records_alloc(arena);
    if (records == 0) {
        finish(arena, index, old);
        return touch_alone(arena, index);
    }
    set_records(arena, index, records);
    finish(arena, index, old | STATE_TOUCHED | STATE_RESERVED);
    return true;
}

bool chunk_enter(struct arena *arena, unsigned index)
{
    return chunk_reserve(arena, index) || chunk_touch(arena, index);
}

/* Takes what is in the words of a chunk all of which the caller has been promised. */
static void clear_words(struct chunk *chunk)
{
    for (unsigned i = 0; i < CHUNK_WORDS; i++) {
        __atomic_store_n(&chunk->words[i].free, 0, __ATOMIC_RELAXED);
    }
}

bool chunk_take_whole(struct arena *arena, unsigned index)
{
    bool reserved = false;

    if (!chunk_claim_all(arena, index, CHUNK_FRAMES)) {
        reserved = chunk_touch(arena, index);
        if (!reserved) {
            return false;
        }
        if (!chunk_claim_all(arena, index, CHUNK_FRAMES)) {
            chunk_unreserve(arena, index);
            return false;
        }
    }
    clear_words(&arena->chunks[index]);
    if (reserved) {
        chunk_unreserve(arena, index);
    }
    return true;
}
