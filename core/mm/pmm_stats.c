/* SPDX-License-Identifier: MIT */
/* Counts frames: total, free, by use (P5). */
#include "pmm_internal.h"

#include <keel/page.h>
#include <keel/string.h>

void pmm_account(enum pmm_use use, ssize_t pages)
{
    __atomic_fetch_add(&pmm_cpus[cpu_index()].account[use], (int64_t)pages, __ATOMIC_RELAXED);
}

/* Free frames of an arena; 64 unused chunks are counted in one step. */
static uint64_t arena_free(const struct arena *arena)
{
    uint64_t sum = 0;

    for (unsigned i = 0; i < arena->chunk_count; i++) {
        const uint64_t *whole = &arena->hints[CHUNK_WHOLE].leaf[i / 64];

        if (i % 64 == 0 && __atomic_load_n(whole, __ATOMIC_RELAXED) == UINT64_MAX) {
            sum += (uint64_t)64 * CHUNK_FRAMES;
            i += 63;
        } else {
            sum += state_free(__atomic_load_n(&arena->state[i], __ATOMIC_RELAXED));
        }
    }
    return sum;
}

/* The free frames that CPUs hold, of one arena. A word may be in several slots. */
static uint64_t arena_held(const struct arena *arena)
{
    const struct word *seen[SLOTS];
    uint64_t sum = 0;

    for (unsigned cpu = 0; cpu < pmm_cpus_seen(); cpu++) {
        for (unsigned slot = 0; slot < SLOTS; slot++) {
            const struct word *word = __atomic_load_n(&pmm_cpus[cpu].slot[slot], __ATOMIC_ACQUIRE);
            bool again = word == &pmm_no_word || word->base - arena->base >= arena->size;

            for (unsigned i = 0; i < slot && !again; i++) {
                again = seen[i] == word;
            }
            seen[slot] = word;
            sum += again ? 0 : popcount64(__atomic_load_n(&word->held, __ATOMIC_RELAXED));
        }
    }
    return sum;
}

bool pmm_arena_stats(unsigned index, struct pmm_arena_stats *out)
{
    const struct arena *arena = &pmm_arenas[index];

    if (index >= pmm_arena_count) {
        return false;
    }
    *out = (struct pmm_arena_stats){.base = arena->base,
                                    .size = arena->size,
                                    .node = arena->node,
                                    .total = arena->frames,
                                    .free = arena_free(arena) + arena_held(arena)};
    for (unsigned i = 0; i < arena->chunk_count; i++) {
        uint32_t state = __atomic_load_n(&arena->state[i], __ATOMIC_RELAXED);

        out->whole += (state & STATE_TAKEN) == 0;
        out->touched += (state & STATE_TOUCHED) != 0;
    }
    return true;
}

static uint64_t frames_free(const struct arena *arena)
{
    return arena_free(arena) + arena_held(arena);
}

void pmm_get_stats(struct pmm_stats *out)
{
    uint64_t named = 0;

    memset(out, 0, sizeof(*out));
    for (unsigned i = 0; i < pmm_arena_count; i++) {
        uint64_t free = frames_free(&pmm_arenas[i]);

        out->total += pmm_arenas[i].frames;
        out->free += free;
        out->below_4g_free += pmm_arenas[i].low ? free : 0;
    }
    for (unsigned use = PMM_USE_KERNEL + 1; use < PMM_USE_VMO; use++) {
        for (unsigned cpu = 0; cpu < CPUS_MAX; cpu++) {
            out->used[use] +=
                (uint64_t)__atomic_load_n(&pmm_cpus[cpu].account[use], __ATOMIC_RELAXED);
        }
        named += out->used[use];
    }
    out->used[PMM_USE_KERNEL] = out->total - out->free - named;
    out->bad_frees = pmm_bad_frees();
}

/* Frames of a touched chunk that somebody has a reference to. */
static uint64_t referenced(const struct page *records)
{
    uint64_t sum = 0;

    for (unsigned i = 0; i < CHUNK_FRAMES; i++) {
        sum += __atomic_load_n(&records[i].refs, __ATOMIC_RELAXED) != 0;
    }
    return sum;
}

void pmm_get_uses(struct pmm_stats *out)
{
    uint64_t records = 0, objects = 0;

    pmm_get_stats(out);
    for (unsigned i = 0; i < pmm_arena_count; i++) {
        const struct arena *arena = &pmm_arenas[i];

        for (unsigned c = 0; c < arena->chunk_count; c++) {
            if ((__atomic_load_n(&arena->state[c], __ATOMIC_ACQUIRE) & STATE_TOUCHED) != 0) {
                records += RECORD_FRAMES;
                objects += referenced(arena->records[c]);
            }
        }
    }
    out->used[PMM_USE_RECORD] = records;
    out->used[PMM_USE_VMO] = objects;
    out->used[PMM_USE_KERNEL] -= records + objects;
}

bool pmm_node_stats(unsigned node, uint64_t *total, uint64_t *free)
{
    *total = 0;
    *free = 0;
    for (unsigned i = 0; i < pmm_arena_count; i++) {
        if (pmm_arenas[i].node == node) {
            *total += pmm_arenas[i].frames;
            *free += frames_free(&pmm_arenas[i]);
        }
    }
    return node < numa_nodes();
}
