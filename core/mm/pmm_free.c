/* SPDX-License-Identifier: MIT */
/* Takes frames back: from whatever CPU and chunk, looking for those that are not out. */
#define LOG_TAG "pmm"
#include "pmm_internal.h"

#include <keel/log.h>

static uint64_t bad_frees;

uint64_t pmm_bad_frees(void)
{
    return __atomic_load_n(&bad_frees, __ATOMIC_RELAXED);
}

void pmm_bad_free(phys_addr_t pa, size_t count)
{
    __atomic_fetch_add(&bad_frees, count, __ATOMIC_RELAXED);
    log_error("%zu pages at %#llx are freed, but not in use: ignored", count,
              (unsigned long long)pa);
}

/* Frees those of the `count` frames of `mask` that are out; how many. */
static unsigned free_in_word(struct word *word, uint64_t mask, unsigned count)
{
    uint64_t out = mask & ~word->foreign & ~__atomic_load_n(&word->held, __ATOMIC_RELAXED);

    out &= ~__atomic_fetch_or(&word->free, out, __ATOMIC_RELEASE);
    return likely(out == mask) ? count : popcount64(out);
}

/* Frees frames of one chunk. */
static void free_in_chunk(struct arena *arena, phys_addr_t pa, unsigned count)
{
    unsigned index = chunk_index(arena, pa);
    unsigned frame = (unsigned)(pa >> PAGE_SHIFT) % CHUNK_FRAMES;
    unsigned good = 0;

    if ((__atomic_load_n(&arena->state[index], __ATOMIC_ACQUIRE) & STATE_TOUCHED) != 0) {
        for (unsigned done = 0; done < count;) {
            unsigned at = frame + done;
            unsigned n = run_in_word(at, count - done);

            good += free_in_word(&arena->chunks[index].words[at / WORD_FRAMES],
                                 run_mask(at % WORD_FRAMES, n), n);
            done += n;
        }
    }
    if (good > 0) {
        chunk_give(arena, index, good);
    }
    if (good < count) {
        pmm_bad_free(pa, count - good);
    }
}

void pmm_free_run(phys_addr_t pa, size_t count)
{
    while (count > 0) {
        struct arena *arena = IS_ALIGNED(pa, PAGE_SIZE) ? pmm_arena_of(pa) : NULL;
        size_t n = CHUNK_FRAMES - (pa >> PAGE_SHIFT) % CHUNK_FRAMES;

        if (arena == NULL) {
            pmm_bad_free(pa, count);
            return;
        }
        n = MIN(n, count);
        free_in_chunk(arena, pa, (unsigned)n);
        pa += (phys_addr_t)n << PAGE_SHIFT;
        count -= n;
    }
}
